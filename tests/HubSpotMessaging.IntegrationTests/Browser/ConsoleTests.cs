using System.Text.RegularExpressions;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.IntegrationTests.DeadLetters;
using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>The console as an operator has it, in a browser, on a real installation.</summary>
[Collection(typeof(WithChromium))]
public sealed partial class ConsoleTests(ConsoleInstallation fixture, Chromium chromium) : IClassFixture<ConsoleInstallation>
{
    [Fact]
    public async Task An_operator_signs_in_connects_and_revokes()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await api.PostAsync("revoke", new { });
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);

        await desk.ShouldTellAsync("Disconnected from HubSpot:"); // What another test has left may wait.
        await desk.Page.Locator("#connect").ClickAsync(); // The content security policy must let it lead to HubSpot.
        await person.ShouldBeAskedForConsentAsync();
        await person.ClickConnectAsync();
        await person.ShouldReadAsync("Connected to HubSpot");
        await person.OpenAsync(person.Console);
        await desk.ShouldTellAsync("Everything is delivered");
        await Assertions.Expect(desk.Page.Locator("#grant")).ToContainTextAsync("1234567");

        await desk.ClickAsync("Revoke");
        await desk.Question.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await desk.ShouldAnswerAsync("The grant is given back");
        await desk.ShouldTellAsync("Disconnected from HubSpot");
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeFalse();
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_pause_comes_and_goes_on_the_page_by_itself()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);
        await desk.ShouldTellAsync("Everything is delivered");
        await desk.MarkAsync();

        await api.PostAsync("pause", new { note = "the fair begins" }); // Another operator, somewhere else.
        await desk.ShouldTellAsync("Paused: an operator has paused it");
        await Assertions.Expect(desk.Page.Locator("#reasons")).ToContainTextAsync("the fair begins");
        await Assertions.Expect(desk.Page.Locator("#announcement")).ToContainTextAsync("Paused");
        await installation.Bus.PublishAsync("SyncContact", """{"commandId":"while-paused","email":"waits@example.com"}""");
        await Assertions.Expect(desk.Page.Locator("#headline")).ToContainTextAsync(CommandsWait(), new() { Timeout = 20_000 }); // What another test has left too, perhaps.

        await desk.ClickAsync("Resume");
        await installation.Bus.OutcomeAsync("ContactSynced", "while-paused");
        await desk.ShouldTellAsync("Everything is delivered");
        await desk.ShouldBeTheSamePageAsync();
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task Commands_of_one_kind_are_paused_from_the_page()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);

        await desk.Page.Locator("#pausing > summary").ClickAsync();
        await desk.Page.GetByLabel("What waits").SelectOptionAsync("EnrollInWorkflow");
        await desk.Page.GetByLabel("Why, for other operators").FillAsync("the mail is being rewritten");
        await desk.Page.Locator("#pause button").ClickAsync();
        await desk.ShouldTellAsync("Enrolments paused");

        var reason = (await api.GetAsync("status"))["reasons"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)reason["scope"], (string?)reason["detail"]).ShouldBe(("EnrollInWorkflow", "the mail is being rewritten"));
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_contact_that_was_refused_is_corrected_and_arrives()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        installation.HubSpot.Put(new PropertyDefinition { Name = "shoe_size", Type = PropertyType.Number });
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);
        await installation.Bus.PublishAsync("SyncContact", """
            {"commandId":"size","occurredAt":"2026-10-01T11:00:00Z","email":"grace@example.com","properties":{"firstname":"Grace","shoe_size":"large"}}
            """);
        await installation.Bus.OutcomeAsync("CommandRejected", "size");

        await Assertions.Expect(desk.Rows).ToHaveCountAsync(1, new() { Timeout = 20_000 }); // By itself.
        await desk.OpenFirstAsync();
        await Assertions.Expect(desk.Letter).ToContainTextAsync("shoe_size");
        await Assertions.Expect(desk.Letter).Not.ToContainTextAsync("grace@example.com");
        await desk.InLetter("Correct and replay").ClickAsync();
        await Assertions.Expect(desk.Letter.GetByRole(AriaRole.Status)).ToContainTextAsync("Nothing is changed yet");
        await desk.Letter.Locator(".property.wrong input").FillAsync("42");
        await desk.InLetter("Correct and replay").ClickAsync();

        await desk.ShouldAnswerAsync("1 corrected and sent again.");
        await Assertions.Expect(desk.Letter).ToBeHiddenAsync();
        await installation.Bus.OutcomeAsync("ContactSynced", "size");
        var contact = installation.Contact("grace@example.com")!;
        (contact.Properties["shoe_size"], contact.Properties["firstname"]).ShouldBe(("42", "Grace"));
        await Assertions.Expect(desk.Page.Locator("#no-letters")).ToBeVisibleAsync();
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task Personal_data_is_masked_until_somebody_asks_and_the_trail_says_who()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await installation.RejectAsync(api, "masked", "secret.person@example.com", "hat_size");
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person, "Łucja");

        await desk.OpenFirstAsync();
        (await desk.Page.ContentAsync()).ShouldNotContain("secret.person");
        await desk.InLetter("Show personal data").ClickAsync();
        await Assertions.Expect(desk.Letter.GetByLabel("E-mail address")).ToHaveValueAsync("secret.person@example.com");
        await desk.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(desk.Letter).ToBeHiddenAsync();
        (await desk.Page.ContentAsync()).ShouldNotContain("secret.person");

        await Assertions.Expect(desk.Page.Locator("#trail tbody tr").First).ToContainTextAsync("Looked at personal data");
        await Assertions.Expect(desk.Page.Locator("#trail tbody tr").First).ToContainTextAsync("Łucja");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task What_is_older_than_what_hubspot_has_is_asked_about_first()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await installation.RejectAsync(api, "older", "older@example.com", "belt_size");
        installation.AddProperty("belt_size");
        await installation.Bus.PublishAsync(
            "SyncContact", """{"commandId":"newer","occurredAt":"2026-10-02T11:00:00Z","email":"older@example.com","properties":{"firstname":"Augusta"}}""");
        await installation.Bus.OutcomeAsync("ContactSynced", "newer");
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);

        await desk.OpenFirstAsync();
        await desk.InLetter("Replay as it is").ClickAsync();
        await Assertions.Expect(desk.Question).ToContainTextAsync("HubSpot has something newer");
        await Assertions.Expect(desk.Question).ToContainTextAsync("firstname");
        await desk.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(desk.Question).ToBeHiddenAsync();
        await api.HasAsync(1); // Nothing has been done.

        await desk.InLetter("Replay as it is").ClickAsync();
        await desk.Question.GetByRole(AriaRole.Button, new() { Name = "It is true now" }).ClickAsync();
        await desk.ShouldAnswerAsync("1 sent again.");
        await installation.Bus.OutcomeAsync("ContactSynced", "older");
        installation.Contact("older@example.com")!.Properties["firstname"].ShouldBe("Ada");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task The_keyboard_alone_leads_to_a_dead_letter_into_it_and_back()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await installation.RejectAsync(api, "by-keyboard", "keys@example.com", "key_size");
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);
        await Assertions.Expect(desk.Rows).ToHaveCountAsync(1);
        var keyboard = desk.Page.Keyboard;
        var opener = desk.Rows.First.GetByRole(AriaRole.Button);

        await desk.TabToAsync(desk.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the dead letters" }), atMost: 1);
        await keyboard.PressAsync("Enter");
        await desk.TabToAsync(opener, atMost: 8);
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(desk.Letter).ToBeVisibleAsync();
        await keyboard.PressAsync("Escape");
        await Assertions.Expect(desk.Letter).ToBeHiddenAsync();
        await Assertions.Expect(opener).ToBeFocusedAsync();

        await keyboard.PressAsync("Enter");
        await desk.TabToAsync(desk.Letter.GetByLabel("What becomes of key_size"));
        await keyboard.TypeAsync("is not sent"); // Chooses the option that begins so.
        await desk.TabToAsync(desk.InLetter("Correct and replay"));
        await keyboard.PressAsync("Enter");
        await desk.ShouldAnswerAsync("1 corrected and sent again.");
        await installation.Bus.OutcomeAsync("ContactSynced", "by-keyboard");
        await Assertions.Expect(desk.Page.Locator("#letters-title")).ToBeFocusedAsync();
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_group_of_any_size_is_dealt_with_at_once()
    {
        const int many = 1_200; // More than a request can name.
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await using var errors = await ErrorQueue.ConnectAsync(installation.Settings["ConnectionStrings__RabbitMq"]!);
        await errors.FillAsync(many, "sleeve_length");
        await installation.RejectAsync(api, "another", "another@example.com", "cuff_size");
        await api.HasAsync(many + 1);
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);

        await desk.Page.GetByRole(AriaRole.Button, new() { Name = "sleeve_length" }).ClickAsync();
        await Assertions.Expect(desk.Page.Locator("#range")).ToHaveTextAsync("1–25 of 1,200");
        await Assertions.Expect(desk.Rows).ToHaveCountAsync(25);
        await desk.ClickAsync("Older");
        await Assertions.Expect(desk.Page.Locator("#range")).ToHaveTextAsync("26–50 of 1,200");
        await desk.ClickAsync("Choose all 1,200");
        await desk.ClickAsync("Discard");
        await desk.Question.GetByLabel("Why").FillAsync("last year's sizes");
        await desk.Question.GetByRole(AriaRole.Button, new() { Name = "Discard 1,200" }).ClickAsync();

        await desk.ShouldAnswerAsync("1,200 thrown away.");
        await Assertions.Expect(desk.Rows).ToHaveCountAsync(1);
        await api.HasAsync(1);
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task When_the_stream_breaks_the_page_says_so_and_finds_back()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);
        await desk.MarkAsync();

        await desk.Page.Context.SetOfflineAsync(true);
        await Assertions.Expect(desk.Page.Locator("#live-words")).ToContainTextAsync("Not live since");
        await desk.Page.Context.SetOfflineAsync(false);
        await desk.ShouldBeLiveAsync();
        await desk.ShouldBeTheSamePageAsync();
    }

    [Fact]
    public async Task When_the_service_is_started_anew_the_page_is_live_again_by_itself()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person);
        await desk.MarkAsync();

        (await installation.Service.StopAsync()).ShouldBe(0);
        await Assertions.Expect(desk.Page.Locator("#live-words")).ToContainTextAsync("Not live since");
        await installation.StartServiceAsync();
        await desk.ShouldBeLiveAsync();
        await api.PostAsync("pause", new { command = "EnrollInWorkflow" });
        await desk.ShouldTellAsync("Enrolments paused");
        await desk.ShouldBeTheSamePageAsync();
    }

    [Fact]
    public async Task Whoever_signs_out_is_asked_for_the_key_again()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person, "Grace");
        (await desk.Page.Context.CookiesAsync()).ShouldContain(cookie => cookie.Name == "hubspot-operator");

        await desk.ClickAsync("Sign out");
        await person.ShouldReadAsync("Operators only");
        (await desk.Page.Context.CookiesAsync()).ShouldNotContain(cookie => cookie.Name == "hubspot-operator");
        await desk.Page.GoBackAsync();
        await person.ShouldReadAsync("Operators only");
        await person.OpenAsync(person.Console);
        await person.ShouldReadAsync("Operators only");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task Everybody_can_use_it_by_day_by_night_and_on_a_phone()
    {
        var (installation, api) = await fixture.BeginAsync();
        using var _ = api;
        await installation.LiveThroughAnHourAsync(api);
        await using var person = await Person.AtAsync(installation, chromium);
        var desk = await Desk.OpenAsync(person, "Grace");
        await desk.ShouldTellAsync("HubSpot is down");
        await Assertions.Expect(desk.Rows).ToHaveCountAsync(25);
        var faults = new List<string>();
        foreach (var look in Enum.GetValues<Look>())
        {
            await desk.LookAsync(look);
            await desk.ScrollToTopAsync();
            faults.AddRange(await desk.FaultsAsync($"page, {look}"));
            await desk.PictureAsync(look switch { Look.Light => "console", Look.Dark => "console-dark", _ => "console-phone" });

            await desk.OpenFirstAsync();
            faults.AddRange(await desk.FaultsAsync($"dead letter, {look}"));
            await desk.PictureAsync($"letter-{look}");
            await desk.Page.Keyboard.PressAsync("Escape");
            await Assertions.Expect(desk.Letter).ToBeHiddenAsync();
        }

        faults.ShouldBeEmpty();
        person.ShouldHaveSeenNoTrouble();
    }

    [GeneratedRegex("[1-9][0-9]* commands? wait", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex CommandsWait();
}
