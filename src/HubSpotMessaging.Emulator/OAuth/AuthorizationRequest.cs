using System.Net;
using Microsoft.Extensions.Primitives;

namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>What an app asks of a customer, read from the query of the consent page or from its form.</summary>
internal sealed record AuthorizationRequest
{
    public required string ClientId { get; init; }
    public required string RedirectUri { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required IReadOnlyList<string> OptionalScopes { get; init; }
    public string? State { get; init; }
    public string? CodeChallenge { get; init; }
    public string? CodeChallengeMethod { get; init; }

    public static AuthorizationRequest Read(IEnumerable<KeyValuePair<string, StringValues>> fields)
    {
        var values = fields.ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.Ordinal);
        return new AuthorizationRequest
        {
            ClientId = values.GetValueOrDefault("client_id", ""),
            RedirectUri = values.GetValueOrDefault("redirect_uri", ""),
            Scopes = OAuth.Scopes.Parse(values.GetValueOrDefault("scope")),
            OptionalScopes = OAuth.Scopes.Parse(values.GetValueOrDefault("optional_scope")),
            State = values.GetValueOrDefault("state"),
            CodeChallenge = values.GetValueOrDefault("code_challenge"),
            CodeChallengeMethod = values.GetValueOrDefault("code_challenge_method"),
        };
    }

    /// <summary>Why HubSpot would show an error page instead of sending anybody back to the app; null when it is in order.</summary>
    public string? FindFault(EmulatorOptions app, EmulatorSettings settings)
    {
        if (ClientId != app.ClientId)
            return "There is no app with this client_id.";
        if (!IsAdmissible(RedirectUri, settings.AllowLoopbackAddress))
            return "The redirect_uri must be an https address of a domain, or http on localhost.";
        if (settings.RedirectUris is { } registered && !registered.Contains(RedirectUri, StringComparer.Ordinal))
            return "The redirect_uri is not one of those registered for the app.";
        if (Scopes.Count == 0)
            return "The scope is missing.";
        if (Scopes.Concat(OptionalScopes).FirstOrDefault(scope => !OAuth.Scopes.IsKnown(scope)) is { } unknown)
            return $"The scope '{unknown}' does not exist. The scopes are insufficient.";
        if (Disagrees(settings))
            return "There is a mismatch between the scopes in the install URL and the app's configured scopes.";
        if (CodeChallenge is not null && CodeChallengeMethod != "S256")
            return "The code_challenge_method must be S256.";
        return null;
    }

    /// <summary>What the account can grant; null when it lacks a scope that the app cannot do without.</summary>
    public IReadOnlyList<string>? GrantableBy(Account account) =>
        Scopes.All(scope => OAuth.Scopes.IsAvailable(scope, account))
            ? [.. Scopes.Concat(OptionalScopes.Where(scope => OAuth.Scopes.IsAvailable(scope, account))).Distinct()]
            : null;

    private bool Disagrees(EmulatorSettings settings)
    {
        // The basic scope belongs to every app, whether or not it is listed.
        var required = settings.RequiredScopes?.Append(OAuth.Scopes.Basic).ToHashSet(StringComparer.Ordinal);
        var asked = Scopes.Append(OAuth.Scopes.Basic).ToHashSet(StringComparer.Ordinal);
        return (required is not null && !required.SetEquals(asked)) ||
            (settings.OptionalScopes is { } optional && OptionalScopes.Except(optional, StringComparer.Ordinal).Any());
    }

    private static bool IsAdmissible(string redirectUri, bool allowLoopbackAddress)
    {
        if (!Uri.TryCreate(redirectUri, UriKind.Absolute, out var uri) || uri.Fragment.Length > 0) return false;
        var isLocal = uri.Host == "localhost" || (allowLoopbackAddress && uri.Host == "127.0.0.1");
        return uri.Scheme == Uri.UriSchemeHttps
            ? isLocal || !IPAddress.TryParse(uri.Host.Trim('[', ']'), out _)
            : uri.Scheme == Uri.UriSchemeHttp && isLocal;
    }
}
