namespace HubSpotMessaging.Emulator;

/// <summary>A pair of tokens as a client receives it.</summary>
/// <param name="AccessToken">For the <c>Authorization</c> header.</param>
/// <param name="RefreshToken">For the next pair.</param>
/// <param name="PortalId">The portal that granted access.</param>
/// <param name="Scopes">What was granted.</param>
/// <param name="ExpiresIn">The lifetime of the access token in seconds.</param>
public sealed record TokenPair(string AccessToken, string RefreshToken, long PortalId, IReadOnlyList<string> Scopes, int ExpiresIn)
{
    /// <summary>Names the portal; a token is nobody's business.</summary>
    /// <returns>The portal.</returns>
    public override string ToString() => $"Tokens of portal {PortalId}";
}
