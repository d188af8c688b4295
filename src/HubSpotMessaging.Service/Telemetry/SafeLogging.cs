namespace HubSpotMessaging.Service.Telemetry;

/// <summary>Structured logs, without the lines of others that carry secrets or personal data.</summary>
internal static class SafeLogging
{
    public static void AddSafeLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        if (builder.Environment.IsDevelopment())
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        else
            builder.Logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "O"));

        // Writes the address of every request: that of the callback carries the authorization code.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Http.Result", LogLevel.None); // Where redirects go: with the state.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Routing", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Warning);

        // Warns that what must not be cached is not cached, and that keys in Redis are not encrypted: they are good for nothing without the operator key.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);

        // Would say at every probe what the answer to the probe says.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Error);

        // Writes the exception of every message that ends in the dead letters; we say that ourselves, without what may name people.
        builder.Logging.AddFilter("MassTransit.ReceiveTransport", LogLevel.None);
    }
}
