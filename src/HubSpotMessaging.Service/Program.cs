using HubSpotMessaging.Service;
using HubSpotMessaging.Service.Startup;

var builder = WebApplication.CreateBuilder(args);
builder.AddHubSpotMessaging();

var app = builder.Build();
if (!await app.CheckSettingsAsync())
    return 1;

app.MapHubSpotMessaging();
await app.RunAsync();
return 0;
