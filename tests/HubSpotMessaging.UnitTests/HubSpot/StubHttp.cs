using System.Net;
using System.Text;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Api.OAuth;
using HubSpotMessaging.HubSpot.Api.Timeline;
using HubSpotMessaging.HubSpot.Api.Workflows;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Timeline;
using HubSpotMessaging.UnitTests.HubSpot.Delivery;
using Microsoft.Extensions.Logging.Abstractions;
using Refit;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.UnitTests.HubSpot;

/// <summary>The real client, Refit and all, over answers that a test gives. A call that no test expects fails.</summary>
internal sealed class StubHttp : HttpMessageHandler
{
    private readonly Queue<Func<HttpRequestMessage, HttpResponseMessage>> _answers = new();

    public StubHttp() => Tokens = new(Time);

    public List<(HttpMethod Method, string Path, string Body)> Calls { get; } = [];

    public WaitingClock Time { get; } = new(new DateTimeOffset(2026, 9, 10, 12, 0, 0, TimeSpan.Zero));

    /// <summary>Done when a call has come in, before it is answered.</summary>
    public Action? WhenCalled { get; set; }

    public StubHttp Answers(int status, string body = "", string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(_ =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, contentType) };
            foreach (var (name, value) in headers)
                response.Headers.TryAddWithoutValidation(name, value);
            return response;
        });
        return this;
    }

    public StubHttp Throws(Exception exception)
    {
        _answers.Enqueue(_ => throw exception);
        return this;
    }

    public HubSpotOptions Options { get; } = new() { ClientId = "id", ClientSecret = "secret", RedirectUri = new("https://sync.example/oauth/callback") };

    public ContactsClient Contacts => new(Api<IContactsApi>(), new(Time), Create(Options));

    public WorkflowsClient Workflows => new(Api<IWorkflowsApi>(), new(Time), Create(Options));

    public TimelineClient Timeline => new(Api<ITimelineApi>(), new(Time), Create(Options));

    public OAuthClient OAuth => new(Api<IOAuthApi>(), new(Time), Create(Options));

    public StubTokens Tokens { get; }

    /// <summary>What would pause the line.</summary>
    public StubOutages Outages { get; } = new();

    public FreeQuota Quota { get; } = new();

    public MemoryGuard Guard { get; } = new();

    public HubSpotCaller Caller => new(Tokens, Quota, Outages, Time, NullLogger<HubSpotCaller>.Instance);

    public ContactWriter Writer() => new(
        new ContactBatchSender(Guard, new ContactUpserts(Contacts, Caller), Quota, Time, NullLogger<ContactBatchSender>.Instance), Guard, Caller, Quota, Time);

    public TimelinePoster Poster() => new(new TimelineBatchSender(Timeline, Caller), Caller, Quota, Time);

    /// <summary>Moves the clock on to whatever the code under test waits for, until the task is done.</summary>
    public async Task<T> PassTimeUntil<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            if (!Time.SkipToNextTimer())
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        return await task;
    }

    /// <summary>Answers whatever comes from now on.</summary>
    public Func<string, (int Status, string Body)>? Always { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        FreeQuota.Use(request);
        Calls.Add((request.Method, request.RequestUri!.PathAndQuery, request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : ""));
        WhenCalled?.Invoke();
        var response = _answers.TryDequeue(out var answer) ? answer(request)
            : Always is { } always ? Respond(always(Calls[^1].Body))
            : throw new InvalidOperationException($"Nobody expects {request.Method} {request.RequestUri}.");
        response.RequestMessage = request;
        return response;
    }

    private static HttpResponseMessage Respond((int Status, string Body) answer) =>
        new((HttpStatusCode)answer.Status) { Content = new StringContent(answer.Body, Encoding.UTF8, "application/json") };

    private T Api<T>() =>
        RestService.ForGenerated<T>(new HttpClient(this) { BaseAddress = new("https://api.hubapi.com") }, HubSpotServiceCollectionExtensions.WireFormat);
}
