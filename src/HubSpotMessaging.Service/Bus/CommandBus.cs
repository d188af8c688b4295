using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Timeline;
using HubSpotMessaging.Service.Consumers;
using HubSpotMessaging.Service.DeadLetters;
using HubSpotMessaging.Service.Pausing;
using HubSpotMessaging.Service.Startup;
using HubSpotMessaging.Service.Telemetry;
using HubSpotMessaging.Service.Waiting;
using MassTransit;
using MassTransit.Middleware;

namespace HubSpotMessaging.Service.Bus;

/// <summary>The bus: which queues are consumed, how messages are read, and where those go that cannot be delivered.</summary>
internal static class CommandBus
{
    /// <summary>Enough to fill every batch that is under way and the next ones.</summary>
    private const int BatchedContacts = ContactsClient.MaximumBatch * (ContactWriter.BatchesInFlight + 2);

    /// <summary>The same for timeline events.</summary>
    private const int BatchedEvents = TimelineClient.MaximumBatch * (TimelinePoster.BatchesInFlight + 2);

    /// <summary>Enough to keep calls under way while others wait, and few enough to return quickly at shutdown.</summary>
    private const int OneByOne = 64;

    private static readonly Type[] Events =
    [
        typeof(ContactSynced), typeof(ContactEnrolledInWorkflow), typeof(TimelineEventPosted), typeof(CommandRejected),
        typeof(TokenRefreshed), typeof(AuthorizationRequired), typeof(AuthorizationGranted), typeof(DeliveryPaused), typeof(DeliveryResumed),
    ];

    public static void AddCommandBus(this IServiceCollection services, Action<IBusRegistrationConfigurator>? transport)
    {
        if (transport is null)
        {
            services.AddSingleton<BrokerFacts>();
            services.AddSingleton<BrokerWatch>();
            services.AddHostedService(provider => provider.GetRequiredService<BrokerWatch>());
        }

        services.AddWaiting(onRabbitMq: transport is null);
        services.AddSingleton<Answers>();
        services.AddSingleton<Outcomes>();
        services.AddSingleton<BrokerHealth>();
        services.AddSingleton<SyncContactConsumer>();
        services.AddSingleton<EnrollInWorkflowConsumer>();
        services.AddSingleton<PostTimelineEventConsumer>();
        services.AddSingleton(typeof(CommandGate<>));
        services.AddSingleton<ReturnToQueueFilter>();
        services.AddSingleton<DeadLetterReasonFilter>();
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.ConfigureHealthCheckOptions(check => check.Tags.Add("bus")); // Without a tag it would be one of readiness, which has its own that knows of pauses.
            (transport ?? UseRabbitMq)(bus);
        });

        services.AddStartAndStop();
    }

    /// <summary>The queues with their consumers, on whichever transport.</summary>
    public static void ConfigureCommandQueues(this IBusFactoryConfigurator bus, IBusRegistrationContext context)
    {
        bus.ConfigureJsonSerializerOptions(RequireNothing);
        bus.Publish<IHubSpotCommand>(topology => topology.Exclude = true);
        bus.Publish<ICommandOutcome>(topology => topology.Exclude = true);

        bus.Queue<SyncContactConsumer, SyncContact>(CommandQueues.SyncContact, BatchedContacts, context);
        bus.Queue<SyncContactConsumer, SyncContact>(CommandQueues.SyncContactBulk, BatchedContacts, context, isBound: false);
        bus.Queue<EnrollInWorkflowConsumer, EnrollInWorkflow>(CommandQueues.EnrollInWorkflow, OneByOne, context);
        bus.Queue<PostTimelineEventConsumer, PostTimelineEvent>(CommandQueues.PostTimelineEvent, BatchedEvents, context);
    }

    private static void UseRabbitMq(IBusRegistrationConfigurator bus) => bus.UsingRabbitMq((context, rabbit) =>
    {
        rabbit.ConnectTo(new Uri(context.GetSettings<ServerOptions>().RabbitMq), context.GetRequiredService<BrokerWatch>().UntilConnectableAsync);

        // The exchanges of the events are there before the first event: a subscriber binds to them whenever it likes.
        rabbit.DeployPublishTopology = true;
        foreach (var type in Events)
            rabbit.Publish(type);

        rabbit.ConfigureCommandQueues(context);
    });

    private static void Queue<TConsumer, TCommand>(this IBusFactoryConfigurator bus, string name, int concurrency, IBusRegistrationContext context, bool isBound = true)
        where TConsumer : class, IConsumer<TCommand>
        where TCommand : class, IHubSpotCommand =>
        bus.ReceiveEndpoint(name, queue =>
        {
            if (queue is IRabbitMqReceiveEndpointConfigurator)
                queue.ConnectReceiveEndpointObserver(new LingeringEndpoint(context.GetRequiredService<TimeProvider>())); // Before whoever may stop it at once.
            context.GetRequiredService<EndpointSwitch>().Add<TCommand>(name, queue);
            queue.ConfigureConsumeTopology = isBound;
            queue.PublishFaults = false; // A fault carries the whole command to whoever listens. Our own event says what is needed.
            queue.PrefetchCount = concurrency;
            if (queue is IRabbitMqReceiveEndpointConfigurator rabbit)
            {
                foreach (var (argument, value) in CommandQueues.Arguments(context.GetRequiredService<BrokerFacts>()))
                    rabbit.SetQueueArgument(argument, value);
                OverlappingDeliveries.On(rabbit, context.GetRequiredService<TimeProvider>());
            }
            else
            {
                queue.ConcurrentMessageLimit = concurrency;
            }

            // The publisher's envelope, or plain JSON from any language; one kind of message a queue, so it needs no type.
            queue.UseRawJsonDeserializer(RawSerializerOptions.AnyMessageType | RawSerializerOptions.AddTransportHeaders, isDefault: true);

            queue.ConfigureError(error => error.MoveToDeadLetters(context));
            queue.ConfigureDeadLetter(stray => stray.UseFilter(
                new StrayMessageFilter(Pipe.New<ExceptionReceiveContext>(pipe => pipe.MoveToDeadLetters(context)))));

            queue.UseFilter(new CommandTelemetryFilter(name, context.GetRequiredService<CommandsInHand>()));
            queue.Consumer(context.GetRequiredService<TConsumer>, consumer => consumer.Message<TCommand>(message => message.UseFilter(new LateGate<TCommand>(context))));
        });

    private static void MoveToDeadLetters(this IPipeConfigurator<ExceptionReceiveContext> pipe, IServiceProvider services)
    {
        pipe.UseFilter(services.GetRequiredService<ReturnToQueueFilter>());
        pipe.UseFilter(services.GetRequiredService<DeadLetterReasonFilter>());
        pipe.UseFilter(new ErrorTransportFilter());
    }

    /// <summary>The contracts require fields of .NET publishers; of all others the validation asks for them, by name.</summary>
    internal static JsonSerializerOptions RequireNothing(JsonSerializerOptions options)
    {
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(RequireNothing);
        return options;
    }

    private static void RequireNothing(JsonTypeInfo type)
    {
        if (type.Type.Assembly == typeof(IHubSpotCommand).Assembly)
            foreach (var property in type.Properties)
                property.IsRequired = false;
    }

    /// <summary>
    /// Nothing is published before the queues are bound. At the end what is being sent is finished and what waits returns to its
    /// queue; each limit leaves the one inside it time to end.
    /// </summary>
    private static void AddStartAndStop(this IServiceCollection services)
    {
        services.AddOptions<MassTransitHostOptions>().Configure<IServiceProvider>((options, provider) =>
        {
            options.WaitUntilStarted = true;

            // Two calls: an enrolment without an answer, and the look whether it was done.
            options.ConsumerStopTimeout = (provider.GetSettings<HubSpotOptions>().RequestTimeout * 2) + TimeSpan.FromSeconds(5);
            options.StopTimeout = options.ConsumerStopTimeout + TimeSpan.FromSeconds(5);
        });
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(11)); // Above the longest of those.
    }

    /// <summary>The gate from the first message on: it needs the bus, which is only being built while its queues are configured.</summary>
    private sealed class LateGate<T>(IServiceProvider services) : IFilter<ConsumeContext<T>>
        where T : class, IHubSpotCommand
    {
        private readonly Lazy<CommandGate<T>> _gate = new(services.GetRequiredService<CommandGate<T>>);

        public Task Send(ConsumeContext<T> context, IPipe<ConsumeContext<T>> next) => _gate.Value.Send(context, next);

        public void Probe(ProbeContext context) => _gate.Value.Probe(context);
    }
}
