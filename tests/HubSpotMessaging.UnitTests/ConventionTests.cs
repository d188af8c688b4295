using System.Reflection;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api.OAuth;

namespace HubSpotMessaging.UnitTests;

public sealed class ConventionTests
{
    private static readonly Assembly HubSpot = typeof(HubSpotOptions).Assembly;

    [Fact]
    public void The_client_knows_neither_the_bus_nor_the_contracts_nor_the_service() =>
        References(HubSpot).ShouldNotContain(name => name.StartsWith("MassTransit", StringComparison.Ordinal)
            || name.StartsWith("HubSpotMessaging", StringComparison.Ordinal));

    [Fact]
    public void Tokens_do_not_tell_themselves()
    {
        var response = new TokenResponse { AccessToken = new("secret-a"), RefreshToken = new("secret-r"), ExpiresIn = 1 };

        $"{response} {response.AccessToken} {response.RefreshToken}".ShouldNotContain("secret");
    }

    [Fact]
    public void Every_script_says_what_its_keys_arguments_and_reply_are()
    {
        var scripts = HubSpot.GetManifestResourceNames().Where(name => name.EndsWith(".lua", StringComparison.Ordinal)).ToList();

        scripts.ShouldNotBeEmpty();
        foreach (var script in scripts)
        {
            using var reader = new StreamReader(HubSpot.GetManifestResourceStream(script)!);
            var text = reader.ReadToEnd();
            if (text.StartsWith("-- Functions", StringComparison.Ordinal))
                continue; // What others begin with.
            text.ShouldContain("-- KEYS", Case.Sensitive, script);
            text.ShouldContain("-- Reply", Case.Sensitive, script);
        }
    }

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(name => name.Name!);
}
