using HubSpotMessaging.Service.Operators;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Startup;

internal static class SettingsExtensions
{
    public static void AddSettings(this IServiceCollection services)
    {
        services.AddOptions<ServerOptions>().BindConfiguration(ServerOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServerOptions>>(provider => new ServerOptionsValidator(provider.GetService<BrokerFacts>() is not null));
        services.AddOptions<OperatorOptions>().BindConfiguration(OperatorOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OperatorOptions>, OperatorOptionsValidator>();
    }

    public static T GetSettings<T>(this IServiceProvider services)
        where T : class =>
        services.GetRequiredService<IOptions<T>>().Value;
}
