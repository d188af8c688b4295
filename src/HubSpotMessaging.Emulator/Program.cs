using HubSpotMessaging.Emulator;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

var builder = WebApplication.CreateSlimBuilder(args);
// Kestrel would complain about every answer that a fault cuts short.
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Critical);
if (builder.Configuration["urls"] is null) builder.WebHost.UseUrls("http://localhost:5080");
builder.Services.AddEmulator(builder.Configuration.GetSection("Emulator").Get<EmulatorOptions>() ?? new EmulatorOptions());

var app = builder.Build().UseEmulator();
await app.StartAsync();

foreach (var address in app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses)
    Console.WriteLine($"HubSpot is emulated at {address}; look at {address}/emulator");

await app.WaitForShutdownAsync();
