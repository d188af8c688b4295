namespace HubSpotMessaging.IntegrationTests;

/// <summary>Waits for what other processes do in their own time.</summary>
internal static class Eventually
{
    /// <summary>Until it is so.</summary>
    /// <exception cref="TimeoutException">It did not come to be so in time.</exception>
    public static async Task BecomesTrueAsync(Func<Task<bool>> isSo, string what, int seconds = 30)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var asked = TimeProvider.System.GetElapsedTime(started);
            if (await isSo())
                return;
            var answered = TimeProvider.System.GetElapsedTime(started);
            if (answered > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"In {seconds} seconds it did not come to be that {what}.");
            // What takes long to find out is asked less often: those who are waited for need the processor.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp((answered - asked).TotalMilliseconds, 20, 200)), TimeProvider.System);
        }
    }

    /// <inheritdoc cref="BecomesTrueAsync(Func{Task{bool}}, string, int)"/>
    public static Task BecomesTrueAsync(Func<bool> isSo, string what, int seconds = 30) => BecomesTrueAsync(() => Task.FromResult(isSo()), what, seconds);
}
