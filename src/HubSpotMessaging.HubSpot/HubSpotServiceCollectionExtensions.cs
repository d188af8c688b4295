using System.Text.Json;
using System.Text.Json.Serialization;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Enrollments;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Delivery.Outages;
using HubSpotMessaging.HubSpot.Delivery.Timeline;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.HubSpot.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Refit;

namespace HubSpotMessaging.HubSpot;

/// <summary>Registers the HubSpot client.</summary>
public static class HubSpotServiceCollectionExtensions
{
    /// <summary>How HubSpot's JSON is read and written. As part of a batch, JSON is nested deeper than in the command that it came with.</summary>
    internal static JsonSerializerOptions WireJson { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 128,
    };

    /// <summary>The same for Refit.</summary>
    internal static RefitSettings WireFormat { get; } = new(new SystemTextJsonContentSerializer(WireJson));

    /// <summary>
    /// Adds HubSpot's API, the line, the tokens, the quota and the delivery. Needs an <c>IConnectionMultiplexer</c> and the configuration
    /// section <c>HubSpot</c>; <c>Delivery</c> has defaults. What is to be told (<see cref="Outbox"/>) waits for whoever publishes it.
    /// </summary>
    public static IServiceCollection AddHubSpot(this IServiceCollection services)
    {
        services.AddOptions<HubSpotOptions>().BindConfiguration(HubSpotOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HubSpotOptions>, HubSpotOptionsValidator>();
        services.AddOptions<DeliveryOptions>().BindConfiguration(DeliveryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DeliveryOptions>, DeliveryOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<HubSpotMetrics>();

        services.AddLine();
        services.AddTokens();
        services.AddQuota();
        services.AddClients();
        services.AddOutages();
        services.AddDelivery();
        return services;
    }

    private static void AddLine(this IServiceCollection services)
    {
        services.AddSingleton<StateChanges>();
        services.AddSingleton<DeliveryLine>();
        services.AddSingleton<LineStore>();
        services.AddSingleton<LinePause>();
        services.AddSingleton<Outbox>();
        services.AddHostedService<LineWatch>();
        services.AddSingleton<RejectionTally>();
        services.AddHostedService(provider => provider.GetRequiredService<RejectionTally>());
    }

    private static void AddTokens(this IServiceCollection services)
    {
        services.AddOptions<TokenEncryptionOptions>().BindConfiguration(TokenEncryptionOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TokenEncryptionOptions>, TokenEncryptionOptionsValidator>();
        services.AddSingleton<TokenEncryption>();
        services.AddSingleton<TokenStore>();
        services.AddSingleton<AuthorizationAlarm>();
        services.AddSingleton<TokenAdoption>();
        services.AddSingleton<TokenRenewal>();
        services.AddSingleton(provider => new TokenKeeper(
            provider.GetRequiredService<TokenStore>(),
            provider.GetRequiredService<TokenRenewal>(),
            provider.GetRequiredService<OAuthClient>(),
            provider.GetRequiredService<IOptions<HubSpotOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<TokenKeeper>>()));
        services.AddSingleton<IAccessTokens>(provider => provider.GetRequiredService<TokenKeeper>());
        services.AddHostedService<TokenWatch>();
    }

    private static void AddQuota(this IServiceCollection services)
    {
        services.AddSingleton<QuotaStore>();
        services.AddSingleton<QuotaGovernor>();
        services.AddSingleton<IQuota>(provider => ActivatorUtilities.CreateInstance<MeasuredQuota>(provider, provider.GetRequiredService<QuotaGovernor>()));
        services.AddSingleton<ISlots>(provider => provider.GetRequiredService<QuotaGovernor>());
    }

    private static void AddClients(this IServiceCollection services)
    {
        services.AddSingleton<AnswerClassifier>();
        services.AddTransient<AuthorizationHandler>();
        services.AddTransient<RequestTimeoutHandler>();

        services.AddApi<IOAuthApi>().AddTelemetry("oauth").AddHttpMessageHandler<RequestTimeoutHandler>();
        services.AddApi<IContactsApi>().AddRoad(CallKind.Contacts);
        services.AddApi<IWorkflowsApi>().AddRoad(CallKind.Enrollments);
        services.AddApi<ITimelineApi>().AddRoad(CallKind.Timeline);
        services.AddSingleton<OAuthClient>();
        services.AddSingleton<ContactsClient>();
        services.AddSingleton<WorkflowsClient>();
        services.AddSingleton<TimelineClient>();
    }

    private static void AddOutages(this IServiceCollection services)
    {
        services.AddSingleton<Circuit>();
        services.AddSingleton<HubSpotProbe>();
        services.AddSingleton<IOutages, OutageMonitor>();
        services.AddHostedService<OutageWatch>();
    }

    private static void AddDelivery(this IServiceCollection services)
    {
        services.AddSingleton(provider => new HubSpotCaller(
            provider.GetRequiredService<IAccessTokens>(),
            provider.GetRequiredService<IQuota>(),
            provider.GetRequiredService<IOutages>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HubSpotCaller>>()));

        services.AddSingleton<IWriteGuard, WriteGuard>();
        services.AddSingleton<ContactUpserts>();
        services.AddSingleton<ContactBatchSender>();
        services.AddSingleton(provider => new ContactWriter(
            new BatchTelemetry<ContactWrite, ContactWritten>(provider.GetRequiredService<ContactBatchSender>(), CallKind.Contacts, provider.GetRequiredService<HubSpotMetrics>()),
            provider.GetRequiredService<IWriteGuard>(),
            provider.GetRequiredService<HubSpotCaller>(),
            provider.GetRequiredService<IQuota>(),
            provider.GetRequiredService<TimeProvider>()));

        services.AddSingleton<WorkflowDirectory>();
        services.AddSingleton<IEnrollmentRecords, EnrollmentRecords>();
        services.AddSingleton<WorkflowEnroller>();

        services.AddSingleton<TimelineBatchSender>();
        services.AddSingleton(provider => new TimelinePoster(
            new BatchTelemetry<TimelineEvent, RecordOutcome.Written>(provider.GetRequiredService<TimelineBatchSender>(), CallKind.Timeline, provider.GetRequiredService<HubSpotMetrics>()),
            provider.GetRequiredService<HubSpotCaller>(),
            provider.GetRequiredService<IQuota>(),
            provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>What every call but those for tokens goes through, outermost first.</summary>
    private static void AddRoad(this IHttpClientBuilder api, CallKind kind) => api
        .AddHttpMessageHandler<AuthorizationHandler>()
        .AddHttpMessageHandler(provider => ActivatorUtilities.CreateInstance<QuotaHandler>(provider, kind))
        .AddTelemetry(HubSpotMetrics.NameOf(kind))
        .AddHttpMessageHandler<RequestTimeoutHandler>();

    private static IHttpClientBuilder AddTelemetry(this IHttpClientBuilder api, string kind) =>
        api.AddHttpMessageHandler(provider => ActivatorUtilities.CreateInstance<RequestTelemetryHandler>(provider, kind));

    /// <summary>One place for the defaults of every HTTP client.</summary>
    private static IHttpClientBuilder AddApi<T>(this IServiceCollection services)
        where T : class =>
        services
            .AddRefitGeneratedClient<T>(WireFormat)
            .ConfigureHttpClient((provider, client) =>
            {
                var options = provider.GetRequiredService<IOptions<HubSpotOptions>>().Value;
                client.BaseAddress = options.ApiBaseUrl;
                client.Timeout = Timeout.InfiniteTimeSpan; // RequestTimeoutHandler's.
                client.DefaultRequestHeaders.UserAgent.ParseAdd("HubSpotMessaging");
            })
            .UseSocketsHttpHandler((handler, _) =>
            {
                // Clients live as long as the process, so connections must not: HubSpot's addresses change.
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
                handler.ConnectTimeout = TimeSpan.FromSeconds(10);
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.ActivityHeadersPropagator = new SpanRedaction();
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers(); // They write addresses, and HubSpot's carry those of people.
}
