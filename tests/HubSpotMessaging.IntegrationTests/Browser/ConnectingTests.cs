using Microsoft.Playwright;

namespace HubSpotMessaging.IntegrationTests.Browser;

/// <summary>The OAuth bootstrap as the person sees it who does it: in a browser, with HubSpot's consent page on another site.</summary>
[Collection(typeof(WithChromium))]
public sealed class ConnectingTests(Servers servers, Chromium chromium)
{
    private const string Key = "correct horse battery staple";

    private static readonly (string Name, string Value) WithKey = ("Operator__Key", Key);
    private static readonly (string Name, string Value) ForOnePortal = ("HubSpot__PortalId", "1234567");

    [Fact]
    public async Task A_person_connects_with_two_clicks()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Start);
        await person.ShouldBeAskedForConsentAsync();
        await person.ChooseAsync(Installation.OtherPortal);
        await person.ClickConnectAsync();

        await person.ShouldReadAsync("Connected to HubSpot");
        (await person.ReadAsync()).ShouldContain("7654321");
        await person.ShouldHaveLeftTheCodeBehindAsync();
        ((long?)(await installation.Bus.EventAsync("AuthorizationGranted"))["portalId"]).ShouldBe(Installation.OtherPortal);
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeTrue();
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task Whoever_opens_the_service_is_led_to_the_connection_and_told_when_it_is_lost()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Root);
        await person.ShouldReadAsync("Not connected yet");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Connect" }).ClickAsync();
        await person.ShouldBeAskedForConsentAsync();
        await person.ClickConnectAsync();
        await person.ShouldReadAsync("Connected to HubSpot");

        await person.OpenAsync(person.Root);
        await person.ShouldReadAsync("Connected to HubSpot");
        (await person.ReadAsync()).ShouldContain("1234567");

        installation.HubSpot.Revoke(Installation.Portal);
        await installation.Bus.PublishAsync("SyncContact", """{ "email": "ada@example.com" }""");
        await installation.Bus.EventAsync("AuthorizationRequired", message => (string?)message["reason"] == "Revoked");
        await person.OpenAsync(person.Root);
        await person.ShouldReadAsync("The connection is lost");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_person_connects_with_the_keyboard_alone()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(WithKey), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);
        var keyboard = person.Page.Keyboard;

        await person.OpenAsync(person.Start);
        await person.ShouldReadAsync("Operators only");
        await keyboard.TypeAsync(Key); // The field has the focus already.
        await keyboard.PressAsync("Enter");

        await person.ShouldBeAskedForConsentAsync();
        await keyboard.PressAsync("Tab");
        await keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(person.Page.GetByRole(AriaRole.Radio, new() { Name = "7654321" })).ToBeCheckedAsync();
        await keyboard.PressAsync("Tab");
        await Assertions.Expect(person.Page.GetByRole(AriaRole.Button, new() { Name = "Connect" })).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");

        await person.ShouldReadAsync("Connected to HubSpot");
        (await person.ReadAsync()).ShouldContain("7654321");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_person_who_cancels_can_start_again_at_once()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Start);
        await person.ClickCancelAsync();
        await person.ShouldReadAsync("HubSpot did not connect the app");
        (await person.ReadAsync()).ShouldContain("Nothing has changed");
        await person.ShouldHaveLeftTheCodeBehindAsync();
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();

        await person.ClickStartAgainAsync();
        await person.ShouldBeAskedForConsentAsync();
        await person.ClickConnectAsync();
        await person.ShouldReadAsync("Connected to HubSpot");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_person_who_chose_the_wrong_account_learns_which_is_right_and_chooses_it()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(ForOnePortal), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Start);
        await person.ChooseAsync(Installation.OtherPortal);
        await person.ClickConnectAsync();
        await person.ShouldReadAsync("This is another HubSpot account");
        var page = await person.ReadAsync();
        page.ShouldContain("7654321");
        page.ShouldContain("1234567");
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        await person.ShouldHaveLeftTheCodeBehindAsync();

        await person.ClickStartAgainAsync();
        await person.ChooseAsync(Installation.Portal);
        await person.ClickConnectAsync();
        await person.ShouldReadAsync("Connected to HubSpot");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task The_operator_key_leads_to_consent_and_back()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(WithKey), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Start);
        await person.ShouldReadAsync("Operators only");
        await person.EnterKeyAsync("wrong");
        await Assertions.Expect(person.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This is not the operator key.");
        await Assertions.Expect(person.Page.GetByLabel("Operator key")).ToBeFocusedAsync();
        (await person.Page.GetByLabel("Operator key").InputValueAsync()).ShouldBeEmpty();

        await person.EnterKeyAsync(Key); // The content security policy must let this form lead to HubSpot.
        await person.ShouldBeAskedForConsentAsync();
        person.Page.Url.ShouldNotContain("horse");
        await person.ClickConnectAsync();

        await person.ShouldReadAsync("Connected to HubSpot");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_forged_or_used_callback_changes_nothing_and_offers_a_new_start()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Start);
        await person.ShouldBeAskedForConsentAsync();
        await person.OpenAsync(new Uri(person.Callback, "?code=stolen&state=forged"));
        await person.ShouldReadAsync("This did not start here");
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        await person.ShouldHaveLeftTheCodeBehindAsync("?ended=elsewhere");

        await person.ClickStartAgainAsync();
        await person.ShouldBeAskedForConsentAsync();
        var returned = person.Page.WaitForRequestAsync(request => request.Url.StartsWith(person.Callback.AbsoluteUri, StringComparison.Ordinal));
        await person.ClickConnectAsync();
        await person.ShouldReadAsync("Connected to HubSpot");
        var tokens = await installation.Redis.StringGetAsync("hs_access_token");
        await person.OpenAsync(new Uri((await returned).Url));
        await person.ShouldReadAsync("This did not start here");
        (await installation.Redis.StringGetAsync("hs_access_token")).ShouldBe(tokens);
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task Someone_elses_consent_does_not_count_in_this_browser()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);
        using var attacker = Installation.NewBrowser();
        var callback = await installation.ConsentAsync(attacker, Installation.OtherPortal);

        await person.OpenAsync(person.Start); // Even a person who has just begun.
        await person.ShouldBeAskedForConsentAsync();
        await person.OpenAsync(callback);

        await person.ShouldReadAsync("This did not start here");
        (await installation.Redis.KeyExistsAsync("hs_access_token")).ShouldBeFalse();
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task A_person_goes_back_and_forth_and_never_comes_upon_the_code_again()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Start);
        await person.ClickConnectAsync();
        await person.ShouldReadAsync("Connected to HubSpot");
        await person.Page.GoBackAsync();
        await person.ShouldBeAskedForConsentAsync();
        await person.Page.GoForwardAsync();

        await person.ShouldReadAsync("Connected to HubSpot");
        await person.ShouldHaveLeftTheCodeBehindAsync();
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task With_PKCE_a_person_connects_in_the_same_way()
    {
        await using var installation = await Installation.StartAsync(servers, Person.OnAnotherSite(("HubSpot__Pkce", "true")), connect: false);
        await using var person = await Person.AtAsync(installation, chromium);

        await person.OpenAsync(person.Start);
        await person.ShouldBeAskedForConsentAsync();
        person.Page.Url.ShouldContain("code_challenge_method=S256");
        await person.ClickConnectAsync();

        await person.ShouldReadAsync("Connected to HubSpot");
        person.ShouldHaveSeenNoTrouble();
    }

    [Fact]
    public async Task Another_site_cannot_revoke_by_the_browser_at_the_machine()
    {
        await using var installation = await Installation.StartAsync(servers);
        await using var person = await Person.AtAsync(installation, chromium);
        await person.Page.RouteAsync("https://evil.example/", route => route.FulfillAsync(new()
        {
            ContentType = "text/html",
            Body = $"""<!doctype html><title>Win</title><form method="post" action="{person.Revoke}"><button>Connect</button></form>""",
        }));

        await person.OpenAsync(new Uri("https://evil.example/"));
        var answer = await person.Page.RunAndWaitForResponseAsync(person.ClickConnectAsync, response => response.Url == person.Revoke.AbsoluteUri);

        answer.Status.ShouldBe(403);
        (await installation.Redis.KeyExistsAsync("hs_refresh_token")).ShouldBeTrue();
    }
}
