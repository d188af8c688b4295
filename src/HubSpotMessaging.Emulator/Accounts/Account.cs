using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator;

/// <summary>A HubSpot account (portal), with data, grants and limits of its own.</summary>
public sealed record Account
{
    /// <summary>The portal id, <c>hub_id</c> in tokens.</summary>
    [JsonRequired]
    public long PortalId { get; init; }

    /// <summary>The name shown on the consent page.</summary>
    public string Name { get; init; } = "";

    /// <summary>The account's domain, <c>hub_domain</c> in an introspection.</summary>
    public string HubDomain { get; init; } = "example.com";

    /// <summary>Who connects the app, <c>user</c> in an introspection.</summary>
    public string UserEmail { get; init; } = "jdoe@example.com";

    /// <summary>What the account pays for; some scopes need more than others. Default Enterprise.</summary>
    public AccountTier Tier { get; init; } = AccountTier.Enterprise;

    /// <summary>The time zone (IANA) at whose midnight the daily limit starts again. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";
}

/// <summary>HubSpot's subscription tiers, from the least.</summary>
public enum AccountTier
{
    /// <summary>No subscription.</summary>
    Free,

    /// <summary>Starter.</summary>
    Starter,

    /// <summary>Professional: has workflows and sequences.</summary>
    Professional,

    /// <summary>Enterprise: has custom objects and custom events too.</summary>
    Enterprise,
}
