using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.OAuth;

namespace HubSpotMessaging.UnitTests.Service;

public sealed class BrowserSecretTests
{
    [Fact]
    public void The_challenge_is_that_of_RFC_7636() =>
        BrowserSecret.Challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").ShouldBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");

    [Fact]
    public void A_secret_is_a_verifier_of_RFC_7636() => BrowserSecret.Create().ShouldMatch("^[0-9a-z]{64}$");

    [Theory]
    [InlineData("https://sync.example/hubspot/oauth/callback", "/hubspot/oauth/done", true)]
    [InlineData("http://localhost:5000/oauth/callback", "/oauth/done", false)]
    public void A_cookie_goes_to_one_page_as_the_browser_sees_it(string redirectUri, string path, bool isSecure)
    {
        var cookie = BrowserSecret.Cookie(new HubSpotOptions { RedirectUri = new(redirectUri) }, "done");

        cookie.Path.ShouldBe(path);
        cookie.Secure.ShouldBe(isSecure);
        cookie.HttpOnly.ShouldBeTrue();
    }
}
