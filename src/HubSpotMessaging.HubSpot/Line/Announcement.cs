using System.Text.Json;
using System.Text.Json.Serialization;
using HubSpotMessaging.HubSpot.Authorization;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>
/// Something that the world is to be told. It is written to Redis by the very script that makes it true, and published from there
/// (see <see cref="Outbox"/>), so that no crash in between loses it. Never carries a secret.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TokensRefreshed), "tokensRefreshed")]
[JsonDerivedType(typeof(AuthorizationMissing), "authorizationMissing")]
[JsonDerivedType(typeof(AuthorizationGiven), "authorizationGiven")]
[JsonDerivedType(typeof(LinePaused), "linePaused")]
[JsonDerivedType(typeof(LineResumed), "lineResumed")]
public abstract record Announcement
{
    /// <summary>Stays the same when the announcement is repeated.</summary>
    public Guid Id { get; init; } = Guid.NewGuid();

    internal string ToText() => JsonSerializer.Serialize(this);

    internal static Announcement Parse(string text) => JsonSerializer.Deserialize<Announcement>(text)!;
}

/// <summary>A new access token is stored.</summary>
/// <param name="PortalId">The account, as far as it is known.</param>
/// <param name="ExpiresAt">When the access token ends.</param>
/// <param name="Generation">Counts the pairs of tokens.</param>
public sealed record TokensRefreshed(long? PortalId, DateTimeOffset ExpiresAt, long Generation) : Announcement;

/// <summary>A person must connect the service to HubSpot.</summary>
/// <param name="Loss">Why.</param>
/// <param name="PortalId">The account, as far as it is known.</param>
public sealed record AuthorizationMissing(AuthorizationLoss Loss, long? PortalId) : Announcement;

/// <summary>A person has connected the service to HubSpot.</summary>
/// <param name="PortalId">The account.</param>
/// <param name="Scopes">What was granted.</param>
public sealed record AuthorizationGiven(long PortalId, IReadOnlyList<string> Scopes) : Announcement;

/// <summary>Commands wait.</summary>
/// <param name="Reason">Why.</param>
public sealed record LinePaused(PauseReason Reason) : Announcement;

/// <summary>The reason is gone.</summary>
/// <param name="Reason">The one that is gone.</param>
public sealed record LineResumed(PauseReason Reason) : Announcement;
