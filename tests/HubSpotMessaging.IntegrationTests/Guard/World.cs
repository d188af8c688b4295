using HubSpotMessaging.HubSpot.Delivery.Guard;

namespace HubSpotMessaging.IntegrationTests.Guard;

/// <summary>What can happen to commands and to requests.</summary>
internal enum Happening
{
    /// <summary>A request is made of one command, and claimed.</summary>
    Claim,

    /// <summary>The same of two commands.</summary>
    ClaimMerged,

    /// <summary>A request is sent and arrives; whether the answer comes is another thing.</summary>
    Send,

    /// <summary>Its answer comes, or it is given up unsent.</summary>
    Settle,

    /// <summary>Its answer does not come.</summary>
    LeaveOpen,

    /// <summary>It is prolonged.</summary>
    Renew,

    /// <summary>Its lease ends, and its commands are delivered to another replica; it may still tell what it knows.</summary>
    Expire,

    /// <summary>It is settled once more.</summary>
    SettleAgain,

    /// <summary>A command is delivered once more.</summary>
    Replay,
}

/// <summary>A command that HubSpot refuses, whenever it comes, or does not.</summary>
/// <param name="Contact">Which one.</param>
/// <param name="Version">Of all its properties.</param>
/// <param name="Names">Three properties, a bit each.</param>
/// <param name="IsRefused">What HubSpot says.</param>
internal sealed record Command(int Contact, WriteVersion Version, int Names, bool IsRefused)
{
    private static readonly string[] All = ["a", "b", "c"];

    public IEnumerable<string> Properties => All.Where((_, position) => (Names & (1 << position)) != 0);
}

/// <summary>
/// HubSpot, a queue and the requests between them: the plainest that can be thought of, to hold the guard against. HubSpot remembers the
/// version of each property that arrived last, whatever became of the answer.
/// </summary>
internal sealed class World(Guards guards, string name, IReadOnlyList<Command> commands)
{
    private readonly Dictionary<(int Contact, string Property), WriteVersion> _hubSpot = [];
    private readonly List<Command> _queue = [.. commands];
    private readonly List<Request> _open = [];
    private readonly List<(string Request, Settlement Settlement)> _settled = [];
    private int _requests;

    public Task StepAsync(Happening happening, int choice)
    {
        switch (happening)
        {
            case Happening.Claim when Pick(_queue, choice) is { } command:
                return ClaimAsync([command]);
            case Happening.ClaimMerged when Pick(_queue, choice) is { } command:
                return ClaimAsync([.. _queue.Where(other => other.Contact == command.Contact).Distinct().Take(2)]);
            case Happening.Send when Pick([.. _open.Where(request => request is { Answer: null, IsLeased: true })], choice) is { } request:
                Send(request);
                return Task.CompletedTask;
            case Happening.Settle when Pick(_open, choice) is { } request:
                return SettleAsync(request);
            case Happening.LeaveOpen when Pick([.. _open.Where(request => request.Answer is not null)], choice) is { } request:
                return EndAsync(request, new Settlement.Unknown(request.Email), isDone: false);
            case Happening.Renew when Pick([.. _open.Where(request => request.IsLeased)], choice) is { } request:
                return RenewAsync(request);
            case Happening.Expire when Pick([.. _open.Where(request => request.IsLeased)], choice) is { } request:
                return ExpireAsync(request);
            case Happening.SettleAgain when Pick(_settled, choice) is { Request: { } request, Settlement: { } settlement }:
                return guards.One.SettleAsync(request, [settlement], TimeSpan.Zero);
            case Happening.Replay when Pick(commands, choice) is { } command:
                _queue.Add(command);
                return Task.CompletedTask;
            default:
                return Task.CompletedTask;
        }
    }

    /// <summary>Nothing goes wrong any more: everything is delivered, the newest is at HubSpot, and nothing is left open.</summary>
    public async Task EndAsync()
    {
        // Some replicas tell before they go, some just go.
        foreach (var (position, request) in _open.ToList().Index())
            await (position % 2 == 0 || !request.IsLeased ? SettleAsync(request) : ExpireAsync(request));
        _open.Clear();

        // In the worst case each is in doubt until the next newer one has come.
        for (var round = 0; round <= commands.Count && _queue.Count > 0; round++)
        {
            foreach (var command in _queue.ToList())
            {
                await ClaimAsync([command]);
                if (_open.SingleOrDefault() is { } request)
                {
                    Send(request);
                    await SettleAsync(request);
                }
            }
        }

        _queue.ShouldBeEmpty("It is busy for ever.");
        foreach (var all in commands.Where(command => !command.IsRefused).GroupBy(command => command.Contact))
            foreach (var property in all.SelectMany(command => command.Properties).Distinct())
                _hubSpot[(all.Key, property)].ShouldBe(all.Where(command => command.Properties.Contains(property)).Max(command => command.Version));
        foreach (var contact in commands.Select(command => command.Contact).Distinct())
            ((string?)await guards.Redis.StringGetAsync(WriteGuard.KeyOf(EmailOf(contact))) ?? "").ShouldNotContain('?');
    }

    private async Task ClaimAsync(IReadOnlyList<Command> merged)
    {
        var contact = merged[0].Contact;
        var write = new GuardedWrite(EmailOf(contact), merged
            .SelectMany(command => command.Properties, (command, property) => (command.Version, property))
            .GroupBy(pair => pair.property)
            .ToDictionary(pairs => pairs.Key, pairs => pairs.Max(pair => pair.Version)));
        var request = $"{name}-{++_requests}";
        switch (await (_requests % 2 == 0 ? guards.One : guards.Two).ClaimAsync(request, write))
        {
            case Claim.ToWrite claim:
                ShouldBeTrue(contact, write, claim.Properties);
                _open.Add(new(request, write.Email, contact, merged, claim.Properties
                    .Where(property => property.Value == Standing.Newer)
                    .ToDictionary(property => property.Key, property => write.Properties[property.Key])));
                Take(merged);
                break;
            case Claim.NothingToWrite claim:
                claim.ContactId.ShouldBe($"{contact}");
                ShouldBeTrue(contact, write, claim.Properties);
                Take(merged);
                break;
        }
    }

    /// <summary>What the guard says that HubSpot has, HubSpot has.</summary>
    private void ShouldBeTrue(int contact, GuardedWrite write, IReadOnlyDictionary<string, Standing> standings)
    {
        standings.Keys.ShouldBe(write.Properties.Keys, ignoreOrder: true);
        foreach (var (property, standing) in standings.Where(property => property.Value != Standing.Newer))
            _hubSpot[(contact, property)].CompareTo(write.Properties[property]).ShouldBeGreaterThanOrEqualTo(standing == Standing.Written ? 0 : 1);
    }

    private void Send(Request request)
    {
        var refused = commands.Where(command => command.IsRefused).Select(command => command.Version);
        request.Answer = !request.Newer.Values.Intersect(refused).Any();
        if (request.Answer == false)
            return;

        request.IsCreator = !_hubSpot.Keys.Any(written => written.Contact == request.Contact);
        foreach (var (property, version) in request.Newer)
        {
            var key = (request.Contact, property);
            if (_hubSpot.TryGetValue(key, out var there))
                version.CompareTo(there).ShouldBeGreaterThanOrEqualTo(0, "An older value overwrites a newer one.");
            _hubSpot[key] = version;
        }
    }

    private Task SettleAsync(Request request) => request.Answer switch
    {
        null => EndAsync(request, new Settlement.Dropped(request.Email), isDone: false),
        true => EndAsync(request, new Settlement.Accepted(request.Email, $"{request.Contact}", request.IsCreator), isDone: true),
        false when request.Commands.Count == 1 => EndAsync(request, new Settlement.Refused(request.Email), isDone: true),
        false => EndAsync(request, new Settlement.Dropped(request.Email), isDone: false),
    };

    private async Task EndAsync(Request request, Settlement settlement, bool isDone)
    {
        await guards.One.SettleAsync(request.Name, [settlement], TimeSpan.Zero);
        _settled.Add((request.Name, settlement));
        _open.Remove(request);
        if (!isDone && request.IsLeased)
            _queue.AddRange(request.Commands);
    }

    private async Task RenewAsync(Request request) => (await guards.Two.RenewAsync(request.Name, [request.Email])).ShouldBeTrue();

    private async Task ExpireAsync(Request request)
    {
        (await guards.Dying.RenewAsync(request.Name, [request.Email])).ShouldBeTrue();
        request.IsLeased = false;
        _queue.AddRange(request.Commands);
    }

    private void Take(IEnumerable<Command> merged)
    {
        foreach (var command in merged)
            _queue.Remove(command);
    }

    private string EmailOf(int contact) => $"{contact}@{name}.example.com";

    private static T? Pick<T>(IReadOnlyList<T> all, int choice) => all.Count == 0 ? default : all[choice % all.Count];

    private sealed record Request(
        string Name, string Email, int Contact, IReadOnlyList<Command> Commands, IReadOnlyDictionary<string, WriteVersion> Newer)
    {
        /// <summary>Whether HubSpot wrote it; null while it is not sent.</summary>
        public bool? Answer { get; set; }

        /// <summary>Whether HubSpot created the contact for it.</summary>
        public bool IsCreator { get; set; }

        public bool IsLeased { get; set; } = true;
    }
}
