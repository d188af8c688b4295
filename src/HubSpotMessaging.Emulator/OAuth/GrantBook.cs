using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>Every code and token that was given out and still means something.</summary>
internal sealed class GrantBook(EmulatorSettings settings, TimeProvider clock) : IResettable
{
    private static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AuthorizationCode> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AccessToken> _accessTokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Grant> _refreshTokens = new(StringComparer.Ordinal);
    private readonly HashSet<string> _givenOut = new(StringComparer.Ordinal);

    /// <summary>Every code and token since the start, whatever became of it; a reset does not take back what is out there.</summary>
    public IReadOnlyCollection<string> GivenOut
    {
        get { lock (_lock) return [.. _givenOut]; }
    }

    public string IssueCode(Grant grant, string redirectUri, string? codeChallenge)
    {
        var code = new AuthorizationCode(NewHandle(), grant, redirectUri, codeChallenge, clock.GetUtcNow() + CodeLifetime);
        lock (_lock)
        {
            _codes[code.Value] = code;
            _givenOut.Add(code.Value);
        }

        return code.Value;
    }

    public TokenPair Exchange(string code, string? redirectUri, string? codeVerifier)
    {
        lock (_lock)
        {
            // Removed whatever comes of it: a code is good for one attempt.
            if (!_codes.Remove(code, out var issued) || clock.GetUtcNow() >= issued.ExpiresAt)
                throw OAuthException.BadCode();
            if (!string.Equals(issued.RedirectUri, redirectUri, StringComparison.Ordinal))
                throw OAuthException.OtherRedirectUri();
            if (issued.CodeChallenge is { } challenge && !Answers(challenge, codeVerifier))
                throw OAuthException.BadVerifier();

            return Issue(issued.Grant, NewRefreshToken(issued.Grant));
        }
    }

    public TokenPair Refresh(string refreshToken)
    {
        lock (_lock)
        {
            if (!_refreshTokens.TryGetValue(refreshToken, out var grant)) throw OAuthException.BadRefreshToken();
            if (!settings.RotateRefreshTokens) return Issue(grant, refreshToken);

            _refreshTokens.Remove(refreshToken);
            return Issue(grant, NewRefreshToken(grant));
        }
    }

    /// <summary>Gives tokens as if a customer had gone through the consent page and granted these scopes, or the usual ones.</summary>
    public TokenPair Issue(long portalId, IReadOnlyList<string>? scopes = null)
    {
        var grant = new Grant(portalId, scopes is { Count: > 0 } ? scopes : Scopes.Usual);
        lock (_lock) return Issue(grant, NewRefreshToken(grant));
    }

    public AccessToken? FindAccessToken(string token)
    {
        lock (_lock) return _accessTokens.GetValueOrDefault(token);
    }

    public Grant? FindRefreshToken(string token)
    {
        lock (_lock) return _refreshTokens.GetValueOrDefault(token);
    }

    /// <summary>Access tokens of the same grant live on until they expire, as after HubSpot's own legacy DELETE.</summary>
    public bool RevokeRefreshToken(string token)
    {
        lock (_lock) return _refreshTokens.Remove(token);
    }

    /// <summary>The customer uninstalled the app: nothing of the portal is good any more.</summary>
    public void Revoke(long portalId)
    {
        lock (_lock)
        {
            Forget(_codes, code => code.Grant.PortalId == portalId);
            Forget(_accessTokens, token => token.Grant.PortalId == portalId);
            Forget(_refreshTokens, grant => grant.PortalId == portalId);
        }
    }

    public void ExpireAccessTokens(long portalId)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            foreach (var token in _accessTokens.Values.Where(token => token.Grant.PortalId == portalId && token.ExpiresAt > now).ToList())
                _accessTokens[token.Value] = token with { ExpiresAt = now };
        }
    }

    public void Reset()
    {
        lock (_lock)
        {
            _codes.Clear();
            _accessTokens.Clear();
            _refreshTokens.Clear();
        }
    }

    private TokenPair Issue(Grant grant, string refreshToken)
    {
        var lifetime = settings.AccessTokenLifetimeSeconds;
        var token = new AccessToken(NewAccessToken(), grant, clock.GetUtcNow().AddSeconds(lifetime));
        _accessTokens[token.Value] = token;
        _givenOut.Add(token.Value);
        return new TokenPair(token.Value, refreshToken, grant.PortalId, grant.Scopes, lifetime);
    }

    private string NewRefreshToken(Grant grant)
    {
        var token = NewHandle();
        _refreshTokens[token] = grant;
        _givenOut.Add(token);
        return token;
    }

    private static bool Answers(string challenge, string? verifier) =>
        verifier is not null &&
        string.Equals(challenge, WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))), StringComparison.Ordinal);

    private static string NewHandle() => $"na1-{Guid.NewGuid():D}";

    // HubSpot's are opaque and long; it asks clients to allow for 300 characters.
    private static string NewAccessToken() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(192));

    private static void Forget<T>(Dictionary<string, T> entries, Func<T, bool> which)
    {
        foreach (var key in entries.Where(entry => which(entry.Value)).Select(entry => entry.Key).ToList()) entries.Remove(key);
    }
}
