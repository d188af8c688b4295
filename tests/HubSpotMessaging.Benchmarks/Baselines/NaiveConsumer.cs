using HubSpotMessaging.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HubSpotMessaging.Benchmarks.Baselines;

/// <summary>
/// What one writes in an afternoon: a MassTransit consumer that makes one call a message, a rate limit and a retry out of the box.
/// </summary>
internal sealed class NaiveConsumer(HttpClient hubSpot) : IConsumer<SyncContact>
{
    public static async Task<IAsyncDisposable> StartAsync(BaselineOptions options, HttpClient http)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(http);
        builder.Services.Configure<MassTransitHostOptions>(host => host.WaitUntilStarted = true);
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddConsumer<NaiveConsumer>();
            bus.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(new Uri(options.RabbitMq));
                rabbit.ReceiveEndpoint("hubspot-sync-contact", queue =>
                {
                    queue.SetQuorumQueue();
                    queue.UseRawJsonDeserializer(RawSerializerOptions.AnyMessageType, isDefault: true);
                    if (options.RateLimit is { } limit)
                        queue.UseRateLimit(limit, options.Window);
                    queue.UseMessageRetry(retry => retry.Interval(5, TimeSpan.FromSeconds(2)));
                    queue.ConfigureConsumer<NaiveConsumer>(context);
                });
            });
        });

        var host = builder.Build();
        await host.StartAsync();
        return (IAsyncDisposable)host;
    }

    public async Task Consume(ConsumeContext<SyncContact> context)
    {
        var command = context.Message;
        using var body = ContactBatch.Write([(command.CommandId!, command.Email, command.Properties)]);
        using var response = await hubSpot.PostAsync(ContactBatch.Path, body, context.CancellationToken);
        response.EnsureSuccessStatusCode();
        var written = (await ContactBatch.ReadAsync(response)).Values.Single();
        await context.Publish(new ContactSynced
        {
            CommandId = command.CommandId,
            MessageId = context.MessageId,
            OccurredAt = command.OccurredAt ?? TimeProvider.System.GetUtcNow(),
            Email = command.Email,
            ContactId = written.Id,
            Result = written.New ? ContactSyncResult.Created : ContactSyncResult.Updated,
        });
    }
}
