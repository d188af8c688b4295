namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>Every page of the bootstrap can be read and used by everybody: by day, by night, on a phone, without a mouse.</summary>
[Collection(typeof(WithChromium))]
public sealed class PageTests(Tour tour) : IClassFixture<Tour>
{
    private const double LeastRatioOfControls = 3; // WCAG 2.2, 1.4.11
    private const double LeastHeightOfTargets = 44; // pixels; WCAG 2.2, 2.5.5

    [Fact]
    public void The_browser_complains_about_no_page() => tour.Trouble.ShouldBeEmpty();

    [Fact]
    public void Axe_finds_no_violation_on_any_page() =>
        tour.Sights.SelectMany(sight => sight.Violations.Select(violation => $"{sight}: {violation}")).ShouldBeEmpty();

    [Fact]
    public void Every_text_stands_out_from_what_is_behind_it() => (
        from sight in tour.Sights
        from text in sight.Texts
        let ratio = Contrast.Ratio(text.Color, text.Behind)
        where ratio < text.Least
        select $"{sight}: {text} has {ratio}").ShouldBeEmpty();

    [Fact]
    public void Whatever_has_the_focus_shows_it() => (
        from sight in tour.Sights
        from stop in sight.Stops
        where stop.Style != "solid" || stop.Width < 2 || Contrast.Ratio(stop.Color, stop.Around) < LeastRatioOfControls
        select $"{sight}: {stop}").ShouldBeEmpty();

    [Fact]
    public void The_Tab_key_leads_to_every_control() => (
        from sight in tour.Sights
        where sight.Stops.Length != sight.Controls
        select $"{sight}: {sight.Stops.Length} of {sight.Controls}").ShouldBeEmpty();

    [Fact]
    public void No_page_scrolls_sideways() =>
        tour.Sights.Where(sight => sight.Overhang > 0).Select(sight => $"{sight}: {sight.Overhang} pixels").ShouldBeEmpty();

    [Fact]
    public void Whatever_can_be_tapped_is_large_enough_for_a_finger() => (
        from sight in tour.Sights
        from target in sight.Targets
        where target.Height < LeastHeightOfTargets
        select $"{sight}: {target}").ShouldBeEmpty();

    [Fact]
    public void Every_page_says_its_language_and_its_one_heading_names_its_fields_and_brings_nothing_foreign() =>
        tour.Sights.SelectMany(sight => sight.Faults.Select(fault => $"{sight}: {fault}")).ShouldBeEmpty();
}
