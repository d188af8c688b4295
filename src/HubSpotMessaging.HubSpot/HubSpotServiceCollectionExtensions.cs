using System.Text.Json;
using System.Text.Json.Serialization;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Delivery.Enrollments;
using HubSpotMessaging.HubSpot.Line;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Refit;

namespace HubSpotMessaging.HubSpot;

/// <summary>Registers the HubSpot client.</summary>
public static class HubSpotServiceCollectionExtensions
{
    /// <summary>How HubSpot's JSON is read and written.</summary>
    internal static RefitSettings WireFormat { get; } = new(new SystemTextJsonContentSerializer(
        new JsonSerializerOptions(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull }));

    /// <summary>
    /// Adds HubSpot's API, the tokens, the line and the delivery. Needs an <c>IConnectionMultiplexer</c> and the configuration section
    /// <c>HubSpot</c>. What is to be told (<see cref="Outbox"/>) waits for whoever publishes it.
    /// </summary>
    public static IServiceCollection AddHubSpot(this IServiceCollection services)
    {
        services.AddOptions<HubSpotOptions>().BindConfiguration(HubSpotOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HubSpotOptions>, HubSpotOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<AnswerClassifier>();
        services.AddTransient<RequestTimeoutHandler>();

        services.AddSingleton<StateChanges>();
        services.AddSingleton<DeliveryLine>();
        services.AddSingleton<LineStore>();
        services.AddSingleton<Outbox>();
        services.AddHostedService<LineWatch>();

        services.AddApi<IOAuthApi>().AddHttpMessageHandler<RequestTimeoutHandler>();
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
        services.AddTransient<AuthorizationHandler>();
        services.AddSingleton<OAuthClient>();

        services.AddApi<IContactsApi>().AddHttpMessageHandler<AuthorizationHandler>().AddHttpMessageHandler<RequestTimeoutHandler>();
        services.AddApi<IWorkflowsApi>().AddHttpMessageHandler<AuthorizationHandler>().AddHttpMessageHandler<RequestTimeoutHandler>();
        services.AddApi<ITimelineApi>().AddHttpMessageHandler<AuthorizationHandler>().AddHttpMessageHandler<RequestTimeoutHandler>();
        services.AddSingleton<ContactsClient>();
        services.AddSingleton<WorkflowsClient>();
        services.AddSingleton<TimelineClient>();

        services.AddOptions<DeliveryOptions>().BindConfiguration(DeliveryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DeliveryOptions>, DeliveryOptionsValidator>();
        services.AddSingleton<Patience>();
        services.AddSingleton<ContactWriter>();
        services.AddSingleton<WorkflowDirectory>();
        services.AddSingleton<IEnrollmentRecords, EnrollmentRecords>();
        services.AddSingleton<WorkflowEnroller>();
        services.AddSingleton<TimelinePoster>();
        return services;
    }

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
