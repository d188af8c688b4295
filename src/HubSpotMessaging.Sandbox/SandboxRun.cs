using System.Net;
using System.Web;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Service;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Startup;
using MassTransit;

namespace HubSpotMessaging.Sandbox;

/// <summary>
/// The whole road in one process: the service as it is deployed, the emulator for HubSpot, Garnet for Redis, and MassTransit's
/// in-memory bus for RabbitMQ.
/// </summary>
internal static class SandboxRun
{
    private const string Portal = "1234567";
    private static readonly TimeSpan OutcomeMayTake = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string[] args)
    {
        IReadOnlyList<Sample> samples;
        try
        {
            samples = await Sample.ReadAsync(args switch
            {
                [] => FindSamples(),
                ["--file", var file] => file,
                _ => throw new FormatException("Usage: dotnet run --project src/HubSpotMessaging.Sandbox [-- --file commands.jsonl]"),
            });
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }

        using var redis = EmbeddedRedis.Start();
        await using var hubSpot = await EmulatorServer.StartAsync();
        await using var app = Build(redis, hubSpot);
        if (!await app.CheckSettingsAsync())
            return 1;
        app.MapHubSpotMessaging();
        await app.StartAsync();
        var service = new Uri(app.Urls.Single());

        Console.WriteLine($"HubSpot (emulator)  {hubSpot.BaseAddress}emulator");
        Console.WriteLine($"Service             {service}health/ready");
        int asExpected;
        try
        {
            await ConnectAsync(service, hubSpot.BaseAddress, app.Lifetime.ApplicationStopping);
            Console.WriteLine($"Connected           account {Portal}, by the OAuth flow");
            Console.WriteLine();
            asExpected = await DeliverAsync(app.Services, samples, app.Lifetime.ApplicationStopping);
        }
        catch (Exception) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Console.WriteLine("Interrupted.");
            await app.StopAsync();
            return 130;
        }

        Console.WriteLine();
        Console.WriteLine($"{asExpected} of {samples.Count} commands ended as expected. HubSpot holds {hubSpot.Contacts.Count} contacts, "
            + $"{hubSpot.Enrollments.Count} enrolments and {hubSpot.TimelineEvents.Count} timeline events.");
        await app.StopAsync();
        return asExpected == samples.Count ? 0 : 1;
    }

    private static WebApplication Build(EmbeddedRedis redis, EmulatorServer hubSpot)
    {
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "HubSpotMessaging.Service", EnvironmentName = "Development" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = address,
            ["ConnectionStrings:Redis"] = redis.Configuration,
            ["HubSpot:ClientId"] = new EmulatorOptions().ClientId,
            ["HubSpot:ClientSecret"] = new EmulatorOptions().ClientSecret,
            ["HubSpot:RedirectUri"] = $"{address}/oauth/callback",
            ["HubSpot:ApiBaseUrl"] = hubSpot.BaseAddress.AbsoluteUri,
            ["HubSpot:AuthorizeUrl"] = new Uri(hubSpot.BaseAddress, "oauth/authorize").AbsoluteUri,
            ["HubSpot:Workflows:welcome"] = "flow:585051946",
            ["Operator:Key"] = null,
            ["Logging:LogLevel:Default"] = "Error",
            ["Logging:LogLevel:HubSpotMessaging.Service.Consumers"] = "None", // The table tells.
            ["Logging:LogLevel:HubSpotMessaging.HubSpot.Authorization"] = "None",
        });
        builder.Services.AddSingleton<Outcomes>();
        builder.AddHubSpotMessaging(bus =>
        {
            bus.AddConsumer<OutcomeCollector>();
            bus.UsingInMemory((context, memory) =>
            {
                memory.ConfigureCommandQueues(context);
                memory.ReceiveEndpoint("sandbox-outcomes", queue => queue.ConfigureConsumer<OutcomeCollector>(context));
            });
        });
        return builder.Build();
    }

    /// <summary>Walks the OAuth flow over HTTP, in place of a person's two clicks.</summary>
    private static async Task ConnectAsync(Uri service, Uri hubSpot, CancellationToken stopping)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var start = await browser.GetAsync(new Uri(service, "oauth/start"), stopping);
        var query = HttpUtility.ParseQueryString(start.Headers.Location!.Query);
        using var consent = new FormUrlEncodedContent(
        [
            .. query.AllKeys.Select(key => KeyValuePair.Create(key!, query[key]!)), new("portal_id", Portal), new("decision", "approve"),
        ]);
        using var approved = await browser.PostAsync(new Uri(hubSpot, "oauth/authorize"), consent, stopping);
        using var connected = await browser.GetAsync(approved.Headers.Location, stopping);
        if (connected.StatusCode != HttpStatusCode.OK)
            throw new InvalidOperationException($"The OAuth flow ended with {connected.StatusCode}.");
    }

    private static async Task<int> DeliverAsync(IServiceProvider services, IReadOnlyList<Sample> samples, CancellationToken stopping)
    {
        var outcomes = services.GetRequiredService<Outcomes>();
        var publisher = services.GetRequiredService<IBus>();
        var asExpected = 0;
        foreach (var sample in samples)
        {
            // One after the other, so that what builds on something finds it there.
            await publisher.Publish(sample.Command, sample.Command.GetType(), stopping);
            var (outcome, detail) = await OutcomeAsync(outcomes.OfAsync(sample.Command.CommandId!), stopping);
            var isAsExpected = sample.Expect is null || outcome == sample.Expect;
            asExpected += isAsExpected ? 1 : 0;
            Console.WriteLine($"{(isAsExpected ? "ok " : "NOT")}  {sample.Command.CommandId,-26} {sample.Type,-18} {outcome,-26} {Shorten(detail)}");
        }

        return asExpected;
    }

    private static async Task<(string Event, string Detail)> OutcomeAsync(Task<(string Event, string Detail)> outcome, CancellationToken stopping)
    {
        try
        {
            return await outcome.WaitAsync(OutcomeMayTake, TimeProvider.System, stopping);
        }
        catch (TimeoutException)
        {
            return ("nothing", $"no outcome in {OutcomeMayTake.TotalSeconds} seconds");
        }
    }

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..99] + "…";

    private static string FindSamples()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "samples", "first-steps.jsonl") is var path && File.Exists(path))
                return path;
        throw new FileNotFoundException("samples/first-steps.jsonl is not there; name a file with --file.");
    }
}
