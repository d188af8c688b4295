namespace HubSpotMessaging.Service.DeadLetters;

internal static class DeadLettersExtensions
{
    /// <param name="services">The services.</param>
    /// <param name="onRabbitMq">Whether the bus is RabbitMQ, which has dead letters to read.</param>
    public static void AddDeadLetters(this IServiceCollection services, bool onRabbitMq)
    {
        services.AddOptions<DeadLetterOptions>().BindConfiguration(DeadLetterOptions.Section);
        services.AddSingleton<ReaderLease>();
        services.AddSingleton<DeadLetterIndex>();
        services.AddSingleton<DeadLetterRequests>();
        services.AddSingleton<DeadLetterActions>();
        services.AddSingleton<StaleReplays>();
        services.AddSingleton<DeadLetterDesk>();
        services.AddSingleton<QueueDepths>();
        if (onRabbitMq)
            services.AddHostedService<DeadLetterReader>();
        else
            services.Configure<DeadLetterOptions>(options => options.Read = false);
    }
}
