namespace HubSpotMessaging.Emulator;

/// <summary>How the emulated HubSpot behaves. Every value takes effect with the next request.</summary>
public sealed class EmulatorSettings
{
    /// <summary>How long an access token lives, in seconds. Default 1800, as HubSpot's since 2021.</summary>
    public int AccessTokenLifetimeSeconds { get; set; } = 1800;

    /// <summary>Whether a refresh answers with a new refresh token and the old one dies. Default false.</summary>
    public bool RotateRefreshTokens { get; set; }

    /// <summary>Whether a token answer carries <c>hub_id</c>. Default true; HubSpot sends it since August 2025.</summary>
    public bool IncludeHubId { get; set; } = true;

    /// <summary>Requests a portal's app may make in one window; null for no limit. Default 110.</summary>
    public int? RateLimit { get; set; } = 110;

    /// <summary>The length of the rolling window in milliseconds. Default 10 000.</summary>
    public int RateLimitWindowMilliseconds { get; set; } = 10_000;

    /// <summary>Requests a portal's app may make until midnight in the portal's time zone; null, the default, for no limit.</summary>
    public int? DailyLimit { get; set; }

    /// <summary>Added to every call before anything else happens, in milliseconds. Default 0.</summary>
    public int LatencyMilliseconds { get; set; }

    /// <summary>A contact property that an administrator made mandatory; enforced from version 2026-09. Default none.</summary>
    public string? RequiredProperty { get; set; }

    /// <summary>Whether a v3 event with an id seen before is refused (400) instead of replacing the former. Default false.</summary>
    public bool RejectRepeatedTimelineIds { get; set; }

    /// <summary>Whether an enrolment that has no effect is refused (400) instead of passed over in silence (204). Default false.</summary>
    public bool RejectRepeatedEnrollments { get; set; }

    /// <summary>Seeds the order in which a batch answers its inputs. Default 42.</summary>
    public int ResultOrderSeed { get; set; } = 42;

    /// <summary>The scopes the app is configured to require; null, the default, when any known scope may be asked for.</summary>
    public IReadOnlyList<string>? RequiredScopes { get; set; }

    /// <summary>The scopes the app is configured to ask for where an account has them; null, the default, for any.</summary>
    public IReadOnlyList<string>? OptionalScopes { get; set; }

    /// <summary>The redirect addresses registered for the app; null, the default, when any admissible one will do.</summary>
    public IReadOnlyList<string>? RedirectUris { get; set; }

    internal EmulatorSettings Copy() => (EmulatorSettings)MemberwiseClone();

    internal void CopyFrom(EmulatorSettings other)
    {
        foreach (var property in typeof(EmulatorSettings).GetProperties())
            property.SetValue(this, property.GetValue(other));
    }
}
