using System.Diagnostics;
using System.Net;
using HubSpotMessaging.Emulator.Accounts;
using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Recording;
using HubSpotMessaging.Emulator.Timeline;
using HubSpotMessaging.Emulator.Workflows;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HubSpotMessaging.Emulator;

/// <summary>A HubSpot on 127.0.0.1, for a test or a demonstration. Everything it can do over HTTP it can do from here too.</summary>
public sealed class EmulatorServer : IAsyncDisposable
{
    /// <summary>The source of its spans, which tells them from those of an app in the same process.</summary>
    public const string ActivitySourceName = "HubSpotMessaging.Emulator";

    private readonly WebApplication _app;

    private EmulatorServer(WebApplication app)
    {
        _app = app;
        BaseAddress = new Uri(Get<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
    }

    /// <summary>Where it listens. Stands for both <c>api.hubapi.com</c> and <c>app.hubspot.com</c>.</summary>
    public Uri BaseAddress { get; }

    /// <summary>How it behaves; live, and the same that <c>PUT /emulator/settings</c> changes.</summary>
    public EmulatorSettings Settings => Get<EmulatorSettings>();

    /// <summary>What goes wrong at present.</summary>
    public FaultBook Faults => Get<FaultBook>();

    /// <summary>The contacts of every account, as they are now.</summary>
    public IReadOnlyList<EmulatedContact> Contacts => Get<ContactDirectory>().List();

    /// <summary>The last writes of contacts that took effect (up to 100,000), in the order in which they did.</summary>
    public IReadOnlyList<ContactWrite> ContactWrites => Get<ContactDirectory>().Writes;

    /// <summary>Every enrolment and unenrolment that took effect, in order.</summary>
    public IReadOnlyList<Enrollment> Enrollments => Get<EnrollmentLog>().List();

    /// <summary>The timeline events of every account.</summary>
    public IReadOnlyList<TimelineEvent> TimelineEvents => Get<TimelineLog>().List();

    /// <summary>The last calls, in the order of their arrival.</summary>
    public IReadOnlyList<RecordedCall> Calls => Get<CallLog>().List();

    /// <summary>
    /// Every authorization code, access token and refresh token given out since the start, dead or alive; a reset does not clear
    /// it. For a scan of what an app writes and sends, in which none of them may occur.
    /// </summary>
    public IReadOnlyCollection<string> Secrets => Get<GrantBook>().GivenOut;

    /// <summary>Starts an emulator.</summary>
    /// <param name="options">What it starts with; the defaults unless given.</param>
    /// <param name="ct">Gives up starting.</param>
    /// <returns>The running emulator; dispose of it to stop it.</returns>
    public static async Task<EmulatorServer> StartAsync(EmulatorOptions? options = null, CancellationToken ct = default)
    {
        options ??= new EmulatorOptions();
        // The empty builder reads no configuration of the process around it, such as ASPNETCORE_URLS, and logs nothing.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, options.Port));
        builder.Services.AddEmulator(options);
        builder.Services.AddSingleton<IHostLifetime, GuestLifetime>();
        builder.Services.AddSingleton(_ => new ActivitySource(ActivitySourceName));
        var app = builder.Build().UseEmulator();
        await app.StartAsync(ct);
        return new EmulatorServer(app);
    }

    /// <summary>Gives tokens as if a customer had connected the app.</summary>
    /// <param name="portalId">The customer's account.</param>
    /// <param name="scopes">What is granted; by default contacts, automation and timeline.</param>
    /// <returns>The tokens.</returns>
    public TokenPair Grant(long portalId, params IReadOnlyList<string> scopes) => Get<GrantBook>().Issue(portalId, scopes);

    /// <summary>Uninstalls the app from an account: its tokens die.</summary>
    /// <param name="portalId">The account.</param>
    public void Revoke(long portalId) => Get<GrantBook>().Revoke(portalId);

    /// <summary>Lets the access tokens of an account expire now; the refresh tokens stay good.</summary>
    /// <param name="portalId">The account.</param>
    public void ExpireAccessTokens(long portalId) => Get<GrantBook>().ExpireAccessTokens(portalId);

    /// <summary>Puts a contact there, also with properties that the API does not write, such as <c>hs_additional_emails</c>.</summary>
    /// <param name="portalId">The account.</param>
    /// <param name="properties">The properties.</param>
    /// <returns>The contact.</returns>
    public EmulatedContact AddContact(long portalId, IReadOnlyDictionary<string, string> properties) =>
        EmulatedContact.From(portalId, Get<ContactDirectory>().Seed(portalId, properties));

    /// <summary>Adds or replaces an account.</summary>
    /// <param name="account">The account.</param>
    public void Put(Account account) => Get<AccountRegistry>().Put(account);

    /// <summary>Adds or replaces a workflow.</summary>
    /// <param name="workflow">The workflow.</param>
    public void Put(Workflow workflow) => Get<WorkflowRegistry>().Put(workflow);

    /// <summary>Adds or replaces a contact property.</summary>
    /// <param name="property">The property.</param>
    public void Put(PropertyDefinition property) => Get<PropertyRegistry>().Put(property);

    /// <summary>Adds or replaces a template of timeline events.</summary>
    /// <param name="template">The template.</param>
    public void Put(EventTemplate template) => Get<EventTemplateRegistry>().Put(template);

    /// <summary>Adds or replaces a type of app events.</summary>
    /// <param name="type">The type.</param>
    public void Put(AppEventType type) => Get<EventTypeRegistry>().Put(type);

    /// <summary>Forgets all that happened and returns to what it started with.</summary>
    public void Reset()
    {
        foreach (var part in _app.Services.GetServices<IResettable>()) part.Reset();
    }

    /// <summary>Stops it; calls that a fault still holds are cut off.</summary>
    /// <returns>A task that ends when it has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();
}
