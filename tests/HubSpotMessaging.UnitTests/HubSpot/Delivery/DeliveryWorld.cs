using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Api.Contacts;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.HubSpot.Delivery.Contacts;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Logging.Abstractions;
using Refit;
using StackExchange.Redis;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>
/// A HubSpot that writes down what it does, two replicas that deliver to it, and what must be true in the end. The value of a property is
/// the number of the command that it comes from.
/// </summary>
internal sealed class DeliveryWorld : HttpMessageHandler, IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 9, 10, 12, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly Scenario _scenario;
    private readonly Queue<Trouble> _troubles;
    private readonly FreeQuota _quota = new();
    private readonly ContactWriter[] _replicas;

    private readonly Dictionary<string, Dictionary<string, int>> _contacts = new(StringComparer.Ordinal);
    private readonly HashSet<(string Email, string Property, int Command)> _written = [];
    private readonly List<(string Property, int Command, int Over)> _backwards = [];
    private readonly List<(int Command, ContactWritten? Written, string? Category)> _outcomes = [];

    public DeliveryWorld(IConnectionMultiplexer redis, string name, Scenario scenario)
    {
        (_name, _scenario, _troubles) = (name, scenario, new(scenario.Troubles));
        var time = new FastClock();
        var options = Create(new HubSpotOptions());
        var contacts = new ContactsClient(
            RestService.ForGenerated<IContactsApi>(new HttpClient(this) { BaseAddress = new("https://api.hubapi.com") }, HubSpotServiceCollectionExtensions.WireFormat),
            new(time),
            options);
        var guard = new WriteGuard(redis, options, Create(new DeliveryOptions()));
        _replicas = [.. Enumerable.Range(0, 2).Select(_ => NewReplica())];

        ContactWriter NewReplica()
        {
            var caller = new HubSpotCaller(new StubTokens(time), _quota, new StubOutages(), time, NullLogger<HubSpotCaller>.Instance);
            return new(
                new ContactBatchSender(guard, new(contacts, caller), _quota, time, NullLogger<ContactBatchSender>.Instance) { Grace = TimeSpan.Zero }, guard, caller, _quota, time);
        }
    }

    public async Task RunAsync()
    {
        foreach (var wave in Waves())
        {
            _quota.Hold();
            var all = wave.SelectMany(number => Enumerable.Range(0, _scenario.Commands[number].Times).Select(time => DeliverAsync(number, replica: (number + time) % 2))).ToList();
            _quota.Release();
            await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        }

        Check();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        Dispose();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        FreeQuota.Use(request);
        var inputs = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!["inputs"]!.AsArray().Select(input => input!).ToList();
        lock (_gate)
        {
            var response = Answer(inputs, _troubles.TryDequeue(out var trouble) ? trouble : Trouble.None);
            response.RequestMessage = request;
            return response;
        }
    }

    private HttpResponseMessage Answer(List<JsonNode> inputs, Trouble trouble)
    {
        inputs.Count.ShouldBeInRange(1, 100);
        inputs.Select(input => (string)input["id"]!).Distinct().Count().ShouldBe(inputs.Count);
        switch (trouble)
        {
            case Trouble.RefusesAsAWhole when inputs.Exists(IsBad):
                return Respond(400, """{"category":"VALIDATION_ERROR","message":"no"}""");
            case Trouble.Conflict:
                return Respond(409, """{"category":"CONFLICT","message":"Contact already exists. Existing ID: 1"}""");
            case Trouble.InternalError:
                return Respond(500, """{"category":"INTERNAL_ERROR","message":"oops"}""");
            case Trouble.Unavailable:
                return Respond(503, "");
            case Trouble.RateLimited:
                return Respond(429, """{"policyName":"TEN_SECONDLY_ROLLING"}""");
            case Trouble.Empty:
                return Respond(200, """{"results":[]}""");
            case Trouble.Unreadable:
                return Respond(200, "<html>");
            case Trouble.Reset:
                throw new HttpRequestException(HttpRequestError.ResponseEnded);
        }

        var results = inputs.Where(input => !IsBad(input)).Select(input => Write(input, withTrace: trouble != Trouble.NamesIdsOnly)).Reverse().ToList();
        var errors = inputs.Where(IsBad).Select(input => Refuse(input, withTrace: trouble != Trouble.NamesIdsOnly)).ToList();
        if (trouble == Trouble.AnswerLost)
            throw new HttpRequestException(HttpRequestError.ResponseEnded);
        if (trouble == Trouble.OmitsOne && results.Count > 0)
            results.RemoveAt(0);
        return Respond(errors.Count > 0 ? 207 : 200, new JsonObject { ["results"] = new JsonArray([.. results]), ["errors"] = new JsonArray([.. errors]) }.ToJsonString());
    }

    private static bool IsBad(JsonNode input) => input["properties"]!["bad"] is not null;

    private JsonNode Write(JsonNode input, bool withTrace)
    {
        var email = (string)input["id"]!;
        var isNew = !_contacts.TryGetValue(email, out var contact);
        if (contact is null)
            _contacts[email] = contact = new(StringComparer.Ordinal);
        foreach (var (name, value) in input["properties"]!.AsObject())
        {
            if (name == "email")
                continue;

            var command = int.Parse((string)value!, CultureInfo.InvariantCulture);
            if (contact.TryGetValue(name, out var present) && VersionOf(present) > VersionOf(command))
                _backwards.Add((name, command, present));
            contact[name] = command;
            _written.Add((email, name, command));
        }

        return new JsonObject
        {
            ["id"] = $"id-{email}",
            ["new"] = isNew,
            ["objectWriteTraceId"] = withTrace ? (string)input["objectWriteTraceId"]! : null,
            ["properties"] = new JsonObject { ["email"] = email },
        };
    }

    private static JsonNode Refuse(JsonNode input, bool withTrace) => new JsonObject
    {
        ["category"] = "VALIDATION_ERROR",
        ["message"] = "no",
        ["context"] = new JsonObject { [withTrace ? "objectWriteTraceId" : "ids"] = new JsonArray((string)input[withTrace ? "objectWriteTraceId" : "id"]!) },
    };

    private async Task DeliverAsync(int number, int replica)
    {
        var command = _scenario.Commands[number];
        var properties = command.Properties.ToDictionary(name => name, _ => (string?)number.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal);
        if (command.IsBad)
            properties["bad"] = number.ToString(CultureInfo.InvariantCulture);
        while (true)
        {
            try
            {
                Note(number, await _replicas[replica].WriteAsync(new(EmailOf(command), properties, VersionOf(number)), number % 3 == 0 ? Lane.Bulk : Lane.Interactive, default), null);
                return;
            }
            catch (DeliveryRefusedException refused)
            {
                Note(number, null, refused.Category);
                return;
            }
            catch (Exception exception) when (exception is DeliveryPostponedException or DeliveryMustWaitException)
            {
                // Back to its queue, or to another one, and from there again.
            }
        }
    }

    private void Note(int number, ContactWritten? written, string? category)
    {
        lock (_gate)
            _outcomes.Add((number, written, category));
    }

    private void Check()
    {
        // Where HubSpot did not say what became of a command until it was given up, it may be either way.
        var unknown = _outcomes.Where(outcome => outcome.Category is not (null or "VALIDATION_ERROR")).Select(outcome => outcome.Command).ToHashSet();
        if (_scenario.Troubles.Count(trouble => trouble is Trouble.Conflict or Trouble.Empty or Trouble.Unreadable or Trouble.OmitsOne) < 3)
            unknown.ShouldBeEmpty("It is asked three times.");
        _backwards.Where(step => !unknown.Contains(step.Over)).ShouldBeEmpty();

        foreach (var (number, written, category) in _outcomes)
        {
            var command = _scenario.Commands[number];
            var email = EmailOf(command);
            if (category is not null)
            {
                if (category == "VALIDATION_ERROR")
                    command.IsBad.ShouldBeTrue();
                continue;
            }

            // A bad command that is entirely outdated is not even sent.
            written!.ContactId.ShouldBe($"id-{email}");
            var all = command.IsBad ? command.Properties.Append("bad") : command.Properties;
            foreach (var name in all.Except(written.SkippedProperties))
                _written.ShouldContain((email, name, number));
            foreach (var name in written.SkippedProperties)
                _written.Where(entry => entry.Email == email && entry.Property == name).Select(entry => VersionOf(entry.Command)).Max().ShouldBeGreaterThan(VersionOf(number));
            if (written.Result == ContactWriteResult.Superseded)
                written.SkippedProperties.ShouldBe(all, ignoreOrder: true);
        }

        foreach (var (email, contact) in _contacts)
        {
            foreach (var (name, present) in contact)
            {
                var newest = _outcomes
                    .Where(outcome => outcome.Written is { } written && EmailOf(_scenario.Commands[outcome.Command]) == email
                        && _scenario.Commands[outcome.Command].Properties.Contains(name) && !written.SkippedProperties.Contains(name))
                    .Select(outcome => outcome.Command)
                    .DefaultIfEmpty(present)
                    .MaxBy(VersionOf);
                if (present != newest)
                    unknown.ShouldContain(present);
            }
        }

        foreach (var created in _outcomes.Where(outcome => outcome.Written?.Result == ContactWriteResult.Created && _scenario.Commands[outcome.Command].Times == 1)
            .GroupBy(outcome => _scenario.Commands[outcome.Command].Contact))
            created.Count().ShouldBe(1);
        _outcomes.Count.ShouldBe(_scenario.Commands.Sum(command => command.Times));
        (_quota.Given.Count - _quota.Returned.Count).ShouldBeGreaterThanOrEqualTo(0);
    }

    private IEnumerable<IReadOnlyList<int>> Waves()
    {
        List<int> starts = [.. _scenario.Waves.Where(start => start < _scenario.Commands.Count).Append(0).Distinct().Order()];
        return starts.Zip(starts.Skip(1).Append(_scenario.Commands.Count), (start, end) => (IReadOnlyList<int>)[.. Enumerable.Range(start, end - start)]);
    }

    private string EmailOf(Command command) => $"{_name}-{command.Contact}@example.com";

    private WriteVersion VersionOf(int number) => WriteVersion.Known(Noon.AddMinutes(_scenario.Commands[number].Minute), $"key-{number:D3}");

    private static HttpResponseMessage Respond(int status, string body) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    /// <summary>Waits a hundredth of what is asked for.</summary>
    private sealed class FastClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime / 100, period);
    }
}
