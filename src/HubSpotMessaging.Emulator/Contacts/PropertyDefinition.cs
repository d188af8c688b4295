using System.Text.Json.Serialization;

namespace HubSpotMessaging.Emulator;

/// <summary>A property that contacts have.</summary>
public sealed record PropertyDefinition
{
    /// <summary>The internal name, such as <c>firstname</c>.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>The name people see. Default the internal one.</summary>
    public string? Label { get; init; }

    /// <summary>What values it takes. Default text.</summary>
    public PropertyType Type { get; init; }

    /// <summary>The values of an enumeration, as they are written through the API.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Whether an enumeration takes several of its options, separated by semicolons.</summary>
    public bool AllowsSeveral { get; init; }

    /// <summary>Whether only HubSpot itself sets it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether no two contacts may share a value, which makes it fit for <c>idProperty</c>.</summary>
    public bool HasUniqueValue { get; init; }
}

/// <summary>HubSpot's types of property.</summary>
public enum PropertyType
{
    /// <summary>Any text; HubSpot's <c>string</c>.</summary>
    [JsonStringEnumMemberName("string")]
    Text,

    /// <summary>A number without thousands separators.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Bool,

    /// <summary>A day: <c>2026-09-10</c> or milliseconds since 1970 at midnight UTC.</summary>
    Date,

    /// <summary>An instant: ISO 8601 or milliseconds since 1970.</summary>
    [JsonStringEnumMemberName("datetime")]
    DateTime,

    /// <summary>One of the options.</summary>
    Enumeration,
}
