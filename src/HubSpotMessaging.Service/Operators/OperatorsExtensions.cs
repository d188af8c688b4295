using System.Text.Json.Serialization;
using HubSpotMessaging.Service.Operators.SigningIn;
using HubSpotMessaging.Service.Operators.Status;

namespace HubSpotMessaging.Service.Operators;

internal static class OperatorsExtensions
{
    public static void AddOperators(this IServiceCollection services)
    {
        services.AddOperatorCookie();
        services.AddSingleton<OperatorGuard>();
        services.AddSingleton<OperatorTrail>();
        services.AddSingleton<Throughput>();
        services.AddHostedService(provider => provider.GetRequiredService<Throughput>());
        services.AddSingleton<StatusReader>();
        services.AddSingleton<LiveStatus>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        });
        services.AddOpenApi(options =>
        {
            options.ShouldInclude = endpoint => $"/{endpoint.RelativePath}".StartsWith(OperatorEndpoints.Path, StringComparison.Ordinal);
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new()
                {
                    Title = "HubSpotMessaging, for operators",
                    Version = "1",
                    Description = $"Every request carries the operator key in the header {OperatorGuard.Header}. Browsers sign in at /console/sign-in instead, and send what they change with the token of the console's page in the header {OperatorCookie.AntiForgeryHeader}. As long as no key is set, direct requests from the same machine are let in.",
                };
                document.Servers?.Clear();
                return Task.CompletedTask;
            });
        });
    }
}
