using System.Security.Cryptography;
using System.Text;
using HubSpotMessaging.Emulator.Wire;
using Microsoft.Extensions.Primitives;

namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>The fields of a request to an OAuth endpoint.</summary>
internal sealed class OAuthForm
{
    private readonly Dictionary<string, StringValues> _fields;

    private OAuthForm(Dictionary<string, StringValues> fields) => _fields = fields;

    public string? this[string field] =>
        _fields.TryGetValue(field, out var values) && !string.IsNullOrEmpty(values[0]) ? values[0] : null;

    /// <summary>Version 1 also reads the query string; the newer endpoints take nothing from it.</summary>
    public static OAuthForm Read(HttpContext context, OAuthVersion version)
    {
        var fields = context.ReadForm();
        if (version == OAuthVersion.V1)
            foreach (var (name, values) in context.Request.Query) fields.TryAdd(name, values);
        return new OAuthForm(fields);
    }

    public string Require(string field) => this[field] ?? throw OAuthException.Missing(field);

    public void CheckClient(EmulatorOptions app)
    {
        if (!Same(this["client_id"], app.ClientId)) throw OAuthException.BadClientId();
        if (!Same(this["client_secret"], app.ClientSecret)) throw OAuthException.BadClientSecret();
    }

    private static bool Same(string? given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given ?? ""), Encoding.UTF8.GetBytes(expected));
}

internal enum OAuthVersion
{
    V1,
    Newer,
}
