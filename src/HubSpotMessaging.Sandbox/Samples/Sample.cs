using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.Sandbox.Samples;

/// <summary>A command to send, and what is meant to become of it.</summary>
internal sealed record Sample
{
    /// <summary>The command's type, such as <c>SyncContact</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The command. It has a command id, by which its outcome is found.</summary>
    public required IHubSpotCommand Command { get; init; }

    /// <summary>What it shows, in words.</summary>
    public string? About { get; init; }

    /// <summary>What it is meant to end in; null when anything will do.</summary>
    public Expectation? Expectation { get; init; }

    /// <summary>What goes wrong at HubSpot when it comes.</summary>
    public Fault? Fault { get; init; }

    /// <summary>What people call it.</summary>
    public string Title => About ?? Command.CommandId!;

    /// <summary>The address of the contact it is about, if it names one.</summary>
    public string? Email => Address is { } address && !string.IsNullOrWhiteSpace(address) ? EmailAddress.Normalize(address) : null;

    private string? Address => Command switch
    {
        SyncContact sync => sync.Email,
        EnrollInWorkflow enroll => enroll.Email,
        PostTimelineEvent timeline => timeline.Email,
        _ => null,
    };
}
