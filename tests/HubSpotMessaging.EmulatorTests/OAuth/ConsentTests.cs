using System.Net;
using HubSpotMessaging.Emulator;
using Microsoft.AspNetCore.WebUtilities;

namespace HubSpotMessaging.EmulatorTests.OAuth;

public sealed class ConsentTests : EmulatorTest
{
    private const string Query = "?client_id=emulator-client&redirect_uri=https%3A%2F%2Fexample.com%2Foauth-callback" +
        "&scope=oauth%20crm.objects.contacts.read&optional_scope=automation&state=a%26b%3D%22c%22";

    [Fact]
    public async Task The_page_names_the_app_the_accounts_and_the_scopes()
    {
        var page = await GetAsync("/oauth/authorize" + Query);

        page.ShouldBe(HttpStatusCode.OK);
        page.ContentType.ShouldBe("text/html");
        foreach (var shown in (string[])["HubSpotMessaging", "Example Ltd", "Another Inc", "crm.objects.contacts.read", "automation", "Connect app", "Cancel"])
            page.Body.ShouldContain(shown);
    }

    [Fact]
    public async Task The_page_carries_the_request_along_encoded()
    {
        var page = await GetAsync("/oauth/authorize" + Query);

        page.Body.ShouldContain("""name="state" value="a&amp;b=&quot;c&quot;">""");
        page.Body.ShouldContain("""name="scope" value="oauth crm.objects.contacts.read">""");
        page.Body.ShouldContain("""name="portal_id" value="1234567" required checked>""");
    }

    [Fact]
    public async Task The_address_can_name_the_account()
    {
        var page = await GetAsync("/oauth/7654321/authorize" + Query);

        page.Body.ShouldContain("Another Inc");
        page.Body.ShouldNotContain("Example Ltd");
        (await GetAsync("/oauth/42/authorize" + Query)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Connecting_returns_to_the_app_with_a_code_and_the_state()
    {
        var answer = await DecideAsync("approve");

        answer.ShouldBe(HttpStatusCode.Redirect);
        var location = answer.Headers.Location!;
        location.GetLeftPart(UriPartial.Path).ShouldBe("https://example.com/oauth-callback");
        var fields = QueryHelpers.ParseQuery(location.Query);
        fields["code"].ToString().ShouldStartWith("na1-");
        fields["state"].ToString().ShouldBe("a&b=\"c\"");
    }

    [Fact]
    public async Task Cancelling_returns_to_the_app_with_an_error()
    {
        var answer = await DecideAsync("deny");

        answer.ShouldBe(HttpStatusCode.Redirect);
        var fields = QueryHelpers.ParseQuery(answer.Headers.Location!.Query);
        fields["error"].ToString().ShouldBe("access_denied");
        fields["error_description"].ToString().ShouldNotBeEmpty();
        fields["state"].ToString().ShouldBe("a&b=\"c\"");
        fields.ShouldNotContainKey("code");
    }

    [Theory]
    [InlineData("client_id", "somebody-else")]
    [InlineData("redirect_uri", "http://example.com/callback")]
    [InlineData("redirect_uri", "https://192.0.2.7/callback")]
    [InlineData("redirect_uri", "javascript:alert(1)")]
    [InlineData("redirect_uri", "/callback")]
    [InlineData("scope", "contacts automation timeline oauth")]
    [InlineData("scope", "")]
    [InlineData("optional_scope", "everything")]
    [InlineData("portal_id", "42")]
    public async Task What_is_not_in_order_ends_on_an_error_page_and_never_returns_to_the_app(string field, string value)
    {
        var answer = await DecideAsync("approve", (field, value));

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.ContentType.ShouldBe("text/html");
        answer.Headers.Location.ShouldBeNull();
    }

    [Theory]
    [InlineData("http://localhost:5000/callback")]
    [InlineData("http://127.0.0.1:5000/callback")]
    public async Task Plain_http_is_good_enough_on_the_own_machine(string redirectUri) =>
        (await DecideAsync("approve", ("redirect_uri", redirectUri))).ShouldBe(HttpStatusCode.Redirect);

    [Theory]
    [InlineData("http://localhost:5000/callback", HttpStatusCode.Redirect)]
    [InlineData("http://127.0.0.1:5000/callback", HttpStatusCode.BadRequest)]
    [InlineData("https://127.0.0.1:5000/callback", HttpStatusCode.BadRequest)]
    public async Task An_ip_address_is_refused_as_by_hubspot_when_the_settings_say_so(string redirectUri, HttpStatusCode status)
    {
        Settings.AllowLoopbackAddress = false;
        (await DecideAsync("approve", ("redirect_uri", redirectUri))).ShouldBe(status);
    }

    [Theory]
    [InlineData("oauth", "")]
    [InlineData("oauth crm.objects.contacts.read automation", "")]
    [InlineData("oauth crm.objects.contacts.read", "crm.objects.contacts.read")]
    public async Task Scopes_that_disagree_with_the_configured_ones_end_on_an_error_page(string scope, string optionalScope)
    {
        Settings.RequiredScopes = ["crm.objects.contacts.read"];
        Settings.OptionalScopes = ["automation"];

        var answer = await DecideAsync("approve", ("scope", scope), ("optional_scope", optionalScope));

        answer.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldContain("mismatch between the scopes in the install URL and the app&#x27;s configured scopes");
        (await DecideAsync("approve")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Only_registered_redirect_addresses_will_do_once_some_are_registered()
    {
        Settings.RedirectUris = ["https://example.com/elsewhere"];
        (await DecideAsync("approve")).ShouldBe(HttpStatusCode.BadRequest);
        (await DecideAsync("approve", ("redirect_uri", "https://example.com/elsewhere"))).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task An_account_without_workflows_does_not_grant_them_and_cannot_when_they_are_required()
    {
        Emulator.Put(new Account { PortalId = 55, Name = "Small & Co", Tier = AccountTier.Free });

        var granted = await DecideAsync("approve", ("portal_id", "55"));
        var tokens = await ExchangeAsync(granted);
        tokens.Json["scopes"].ShouldMatch("""["oauth","crm.objects.contacts.read"]""");

        var refused = await DecideAsync("approve", ("portal_id", "55"), ("scope", "oauth automation"));
        refused.ShouldBe(HttpStatusCode.BadRequest);
        refused.Body.ShouldContain("scopes are insufficient");
        (await GetAsync("/oauth/authorize" + Query)).Body.ShouldContain("Small &amp; Co");
    }

    [Fact]
    public async Task A_code_asked_for_with_a_challenge_needs_the_verifier()
    {
        // The pair of RFC 7636, appendix B.
        const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        (string, string)[] challenge = [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), ("code_challenge_method", "S256")];

        (await ExchangeAsync(await DecideAsync("approve", challenge), ("code_verifier", Verifier))).ShouldBe(HttpStatusCode.OK);
        (await ExchangeAsync(await DecideAsync("approve", challenge), ("code_verifier", "another"))).ShouldBe(HttpStatusCode.BadRequest);
        (await ExchangeAsync(await DecideAsync("approve", challenge))).ShouldBe(HttpStatusCode.BadRequest);
        (await DecideAsync("approve", ("code_challenge", "x"), ("code_challenge_method", "plain"))).ShouldBe(HttpStatusCode.BadRequest);
    }

    private Task<Answer> DecideAsync(string decision, params (string Name, string Value)[] changes)
    {
        var fields = new Dictionary<string, string>
        {
            ["client_id"] = ClientId,
            ["redirect_uri"] = "https://example.com/oauth-callback",
            ["scope"] = "oauth crm.objects.contacts.read",
            ["optional_scope"] = "automation",
            ["state"] = "a&b=\"c\"",
            ["portal_id"] = "1234567",
            ["decision"] = decision,
        };
        foreach (var (name, value) in changes) fields[name] = value;
        return PostFormAsync("/oauth/authorize", [.. fields.Select(field => (field.Key, field.Value))]);
    }

    private Task<Answer> ExchangeAsync(Answer redirect, params (string Name, string Value)[] more) => PostFormAsync(
        "/oauth/2026-03/token",
        [
            ("grant_type", "authorization_code"),
            ("client_id", ClientId),
            ("client_secret", ClientSecret),
            ("redirect_uri", "https://example.com/oauth-callback"),
            ("code", QueryHelpers.ParseQuery(redirect.Headers.Location!.Query)["code"].ToString()),
            .. more,
        ]);
}
