using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Startup;

/// <summary>Tries the settings before the start, so that a wrong one ends it with a message a person can act on.</summary>
internal static partial class StartupCheck
{
    /// <summary>How long the two servers may take to appear, when everything is started together.</summary>
    private static readonly TimeSpan ServersMayTake = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether the service can start; if not, it has been said why. Comes before anything that makes the bus, which is built
    /// for the broker that is found here.
    /// </summary>
    public static async Task<bool> CheckSettingsAsync(this WebApplication app)
    {
        var problems = await ProblemsAsync(app.Services);
        if (problems.Count == 0)
            return true;

        await SayAsync(problems);
        return false;
    }

    /// <summary>Runs until it is stopped; returns the exit code.</summary>
    public static async Task<int> RunUntilStoppedAsync(this WebApplication app)
    {
        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await SayAsync([$"ASPNETCORE_URLS: {exception.Message} Choose another port."]);
            return 1;
        }
    }

    private static async Task SayAsync(IEnumerable<string> problems)
    {
        await Console.Error.WriteLineAsync("HubSpotMessaging cannot start:");
        foreach (var problem in problems)
            await Console.Error.WriteLineAsync($"  {problem}");
    }

    private static async Task<IReadOnlyList<string>> ProblemsAsync(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
            await UntilItIsThereAsync(services, () => new RedisProbe(services).CheckAsync());
            if (services.GetService<BrokerFacts>() is { } facts)
                await UntilItIsThereAsync(services, () => new RabbitMqProbe(services).CheckAsync(facts));
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(inner => inner is OptionsValidationException))
        {
            return [.. exception.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures)];
        }
        catch (InvalidOperationException exception) when (exception.Message.Contains("configuration value", StringComparison.Ordinal))
        {
            return [exception.Message]; // The configuration binder names the key itself.
        }
        catch (StartupException exception)
        {
            return [exception.Message];
        }
    }

    private static async Task UntilItIsThereAsync(IServiceProvider services, Func<Task> check)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await check();
                return;
            }
            catch (StartupException exception) when (exception.MayPass && time.GetElapsedTime(started) < ServersMayTake)
            {
                LogWaiting(services.GetRequiredService<ILoggerFactory>().CreateLogger("HubSpotMessaging.Startup"), exception.Message);
                await Task.Delay(BetweenAttempts, time);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Waiting: {Problem}")]
    private static partial void LogWaiting(ILogger logger, string problem);
}
