using System.Net;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.IntegrationTests.Operators;

/// <summary>Operators sign in with the key, in a browser.</summary>
public sealed class SigningInTests(Servers servers)
{
    private const string Key = "correct horse battery staple";

    [Fact]
    public async Task Whoever_signs_in_is_known_at_every_replica_until_the_key_is_another_one()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["Operator__Key"] = Key, connect: false);
        using var browser = new SignedIn(installation.Address);
        using (var refused = await browser.Http.GetAsync(new Uri(installation.Address, "console")))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
            new Uri(new Uri(installation.Address, "console"), refused.Headers.Location!).AbsolutePath.ShouldBe("/console/sign-in");
        }

        using (var form = await browser.Http.GetAsync(new Uri(installation.Address, "console/sign-in")))
            ShouldBePrivate(form);
        using (var wrong = await browser.SignInAsync("wrong"))
        {
            wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await wrong.Content.ReadAsStringAsync()).ShouldContain("This is not the operator key");
        }

        using (var right = await browser.SignInAsync(Key, "Ada Lovelace"))
        {
            right.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
            new Uri(new Uri(installation.Address, "console/sign-in"), right.Headers.Location!).AbsolutePath.ShouldBe("/console");
            var cookie = right.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("hubspot-operator=", StringComparison.Ordinal));
            foreach (var attribute in (string[])["httponly", "samesite=lax", "path=/"])
                cookie.ShouldContain(attribute, Case.Insensitive);
        }

        var second = await installation.AddReplicaAsync();
        var token = await browser.TokenAsync(second.Address);
        using (var done = await browser.SendAsync("POST", "pause", token, new { command = "EnrollInWorkflow" }))
            done.StatusCode.ShouldBe(HttpStatusCode.OK, await done.Content.ReadAsStringAsync());
        using (var trail = await browser.SendAsync("GET", "trail", at: second.Address))
        {
            var entry = JsonNode.Parse(await trail.Content.ReadAsStringAsync())![0]!;
            ((string?)entry["by"]).ShouldBe("Ada Lovelace");
            ((string?)entry["via"]).ShouldBe("console, signed in");
        }

        using (var consent = await browser.Http.GetAsync(new Uri(installation.Address, "oauth/start")))
            consent.StatusCode.ShouldBe(HttpStatusCode.SeeOther);

        var renamed = await installation.AddReplicaAsync(settings => settings["Operator__Key"] = Key + "s");
        using (var forgotten = await browser.SendAsync("GET", "status", at: renamed.Address))
            forgotten.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        using var out1 = await SignOutAsync(browser, token: "");
        out1.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var out2 = await SignOutAsync(browser, token);
        out2.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        using var after = await browser.SendAsync("GET", "status");
        after.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<HttpResponseMessage> SignOutAsync(SignedIn browser, string token)
    {
        using var form = new FormUrlEncodedContent([new("antiForgery", token)]);
        return await browser.Http.PostAsync(new Uri(browser.Service, "console/sign-out"), form);
    }

    internal static void ShouldBePrivate(HttpResponseMessage response)
    {
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
    }
}
