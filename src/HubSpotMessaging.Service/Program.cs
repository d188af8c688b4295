using HubSpotMessaging.Service;
using HubSpotMessaging.Service.Health;
using HubSpotMessaging.Service.Operators.CommandLine;
using HubSpotMessaging.Service.Startup;

if (args is [HealthCheckCommand.Name])
    return await HealthCheckCommand.RunAsync();
if (args is [OperatorCommand.Name, .. var order])
    return await OperatorCommand.RunAsync(order);

var builder = WebApplication.CreateBuilder(args);
builder.AddHubSpotMessaging();

var app = builder.Build();
if (!await app.CheckSettingsAsync())
    return 1;

app.MapHubSpotMessaging();
return await app.RunUntilStoppedAsync();
