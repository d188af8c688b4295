using System.Text.Json.Serialization;

namespace HubSpotMessaging.HubSpot.Line;

/// <summary>A reason for which commands wait.</summary>
/// <param name="Owner">Who has set it, and alone takes it away again: a circuit that closes does not undo an operator's pause.</param>
/// <param name="Reason">Why, such as <c>Authorization</c>.</param>
/// <param name="Scope">The type of the one command that waits; null for all.</param>
public sealed record PauseReason(string Owner, string Reason, string? Scope = null)
{
    /// <summary>When it is expected to end, if that is known.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>More about it, for operators: neither a secret nor personal data.</summary>
    public string? Detail { get; init; }

    /// <summary>The same reason over all replicas, whatever else they know of it.</summary>
    [JsonIgnore]
    internal string Field => $"{Owner}/{Reason}/{Scope}";

    internal bool Concerns(string command) => Scope is null || Scope == command;
}
