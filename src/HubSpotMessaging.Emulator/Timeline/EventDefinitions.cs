using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator;

/// <summary>A template of timeline events (v3), as the app's developer declared it.</summary>
public sealed record EventTemplate
{
    /// <summary>The id of the template.</summary>
    [JsonRequired]
    public string Id { get; init; } = "";

    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The names of its tokens.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];
}

/// <summary>A type of app events, the successor of templates.</summary>
public sealed record AppEventType
{
    /// <summary>The fully qualified name.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>The names of its properties.</summary>
    public IReadOnlyList<string> Properties { get; init; } = [];
}
