namespace HubSpotMessaging.Sandbox;

/// <summary>What the sandbox is asked to do.</summary>
internal sealed record SandboxOptions
{
    /// <summary>The files with commands, instead of the samples.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Whether it connects to HubSpot by itself, instead of waiting for a person to do it in a browser.</summary>
    public bool Auto { get; init; }

    /// <summary>Whether it ends when everything has been sent, with a verdict.</summary>
    public bool Once { get; init; }

    /// <summary>Whether HubSpot lets in as many requests as are made.</summary>
    public bool NoLimit { get; init; }
}
