namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>Configuration section <c>DeadLetters</c>.</summary>
internal sealed class DeadLetterOptions
{
    public const string Section = "DeadLetters";

    /// <summary>
    /// Whether the service reads its dead letters, so that operators can look at them and act on them. Default true. While it does, it holds
    /// them, and other consumers of the <c>_error</c> queues see none.
    /// </summary>
    public bool Read { get; set; } = true;
}
