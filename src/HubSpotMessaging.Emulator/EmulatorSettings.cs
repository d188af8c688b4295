using System.ComponentModel.DataAnnotations;

namespace HubSpotMessaging.Emulator;

/// <summary>How the emulated HubSpot behaves. Every value takes effect with the next request.</summary>
public sealed class EmulatorSettings
{
    private readonly Lock _lock = new();

    /// <summary>How long an access token lives, in seconds. Default 1800, as HubSpot's since 2021.</summary>
    [Range(0, int.MaxValue)]
    public int AccessTokenLifetimeSeconds { get; set; } = 1800;

    /// <summary>Whether a refresh answers with a new refresh token and the old one dies. Default false.</summary>
    public bool RotateRefreshTokens { get; set; }

    /// <summary>Whether a token answer carries <c>hub_id</c>. Default true; HubSpot sends it since August 2025.</summary>
    public bool IncludeHubId { get; set; } = true;

    /// <summary>Requests a portal's app may make in one window; null for no limit. Default 110.</summary>
    [Range(0, int.MaxValue)]
    public int? RateLimit { get; set; } = 110;

    /// <summary>The length of the rolling window in milliseconds. Default 10 000.</summary>
    [Range(0, int.MaxValue)]
    public int RateLimitWindowMilliseconds { get; set; } = 10_000;

    /// <summary>Requests a portal's app may make until midnight in the portal's time zone; null, the default, for no limit.</summary>
    [Range(0, int.MaxValue)]
    public int? DailyLimit { get; set; }

    /// <summary>Added to every call before anything else happens, in milliseconds. Default 0.</summary>
    [Range(0, int.MaxValue)]
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

    /// <summary>
    /// Whether <c>127.0.0.1</c> will do in a redirect address. HubSpot admits no IP address; this is the one deliberate leniency,
    /// for tests and demonstrations. Default true.
    /// </summary>
    public bool AllowLoopbackAddress { get; set; } = true;

    internal EmulatorSettings Copy() => (EmulatorSettings)MemberwiseClone();

    /// <summary>Takes over other values, made from the present ones; one change at a time.</summary>
    internal void Change(Func<EmulatorSettings, EmulatorSettings> change)
    {
        lock (_lock)
        {
            var changed = change(this);
            foreach (var property in typeof(EmulatorSettings).GetProperties())
                property.SetValue(this, property.GetValue(changed));
        }
    }
}
