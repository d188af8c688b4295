namespace HubSpotMessaging.Contracts;

/// <summary>One thing that is wrong with a command.</summary>
/// <param name="Property">The field or contact property it is about; null when it is about the command as a whole.</param>
/// <param name="Code">A code: HubSpot's own (such as <c>PROPERTY_DOESNT_EXIST</c>), or one of <see cref="CommandErrorCodes"/>.</param>
/// <param name="Message">What is wrong, in words; HubSpot's where HubSpot said it.</param>
public sealed record CommandError(string? Property, string? Code, string Message);

/// <summary>The codes that this service gives to what it finds wrong itself.</summary>
public static class CommandErrorCodes
{
    /// <summary>A field is missing or empty.</summary>
    public const string Required = "REQUIRED";

    /// <summary>A field's value has the wrong form.</summary>
    public const string Invalid = "INVALID";

    /// <summary>A field is longer than allowed.</summary>
    public const string TooLong = "TOO_LONG";

    /// <summary>Two fields contradict each other.</summary>
    public const string Conflicting = "CONFLICTING";

    /// <summary>A moment lies too far in the future.</summary>
    public const string InTheFuture = "IN_THE_FUTURE";
}
