using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Authorization;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>Whether the service is connected to HubSpot, in the words in which everybody is told: they name no account.</summary>
internal abstract record Connection(string Title, string Sentence, bool WantsConnecting = false)
{
    /// <summary>The tokens that are there, whether or not they are good for anything.</summary>
    public TokenSet? Tokens { get; private init; }

    /// <summary>How it stands with what is stored.</summary>
    public static Connection Of(StoredAuthorization stored, long? expectedPortal)
    {
        Connection connection = stored switch
        {
            { IsUnreadable: true } => new Unreadable(),
            { Tokens: null } none => new NotConnected(none.PortalId is not null),
            { Loss: AuthorizationLoss.OtherAccount } => new OtherAccount(),
            { PortalId: { } portal } when expectedPortal is { } expected && expected != portal => new OtherAccount(),
            { Loss: { } loss } => new Lost(loss),
            var known => new Connected(known.PortalId),
        };
        return connection with { Tokens = stored.Tokens };
    }

    /// <summary>There are tokens, and HubSpot has not refused them.</summary>
    public sealed record Connected(long? PortalId) : Connection("Connected to HubSpot", "This service carries commands to HubSpot.");

    /// <summary>There are no tokens.</summary>
    public sealed record NotConnected(bool WasConnected) : Connection(
        WasConnected ? "Disconnected from HubSpot" : "Not connected yet",
        "An operator connects this service to a HubSpot account once, in a browser. Until then commands wait.",
        WantsConnecting: true);

    /// <summary>HubSpot refuses the tokens, or the app.</summary>
    public sealed record Lost(AuthorizationLoss Reason) : Connection(
        "The connection is lost",
        Reason == AuthorizationLoss.ClientRejected
            ? "HubSpot does not accept HubSpot:ClientId and HubSpot:ClientSecret. Correct them and restart the service; commands wait meanwhile."
            : "HubSpot does not honour the grant any more: the app was uninstalled, or the grant revoked. Commands wait until an operator connects it again.",
        WantsConnecting: Reason != AuthorizationLoss.ClientRejected);

    /// <summary>The tokens are those of another account than the configured one, and are not used.</summary>
    public sealed record OtherAccount() : Connection(
        "Connected to another HubSpot account",
        "The tokens are those of another account than this installation belongs to, and are not used. Commands wait until an operator connects the right one.",
        WantsConnecting: true);

    /// <summary>The tokens are encrypted, and this replica lacks the key.</summary>
    public sealed record Unreadable() : Connection(
        "The tokens cannot be read",
        "The tokens are encrypted with a key that is not in Tokens:Encryption:KeyRing here. Commands wait until the key ring is back, or until an operator connects the service again.",
        WantsConnecting: true);

    /// <summary>Redis, where the tokens are, does not answer.</summary>
    public sealed record Unknown() : Connection("Not just now", "The service cannot reach Redis, where it keeps the tokens.");
}

/// <summary>Looks whether the service is connected.</summary>
internal sealed class ConnectionReader(TokenStore tokens, IOptions<HubSpotOptions> options)
{
    public async Task<Connection> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Connection.Of(await tokens.ReadAsync().WaitAsync(cancellationToken), options.Value.PortalId);
        }
        catch (Exception exception) when (exception is RedisException or RedisTimeoutException or OperationCanceledException)
        {
            return new Connection.Unknown();
        }
    }
}
