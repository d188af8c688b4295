namespace HubSpotMessaging.Emulator.Wire;

internal static class BatchInputs
{
    /// <summary>The inputs of a batch, or a refusal when there are none, a null among them, or too many.</summary>
    public static List<T> Check<T>(IReadOnlyList<T?>? inputs, int maximum = int.MaxValue)
        where T : class
    {
        if (inputs is not { Count: > 0 }) throw RefusedException.Unset("inputs");
        if (inputs.Contains(null)) throw RefusedException.Invalid("The inputs of a batch request must not be null");
        if (inputs.Count > maximum)
            throw RefusedException.Invalid($"The maximum number of inputs supported in a batch request is {maximum}");
        return [.. inputs.OfType<T>()];
    }
}
