using HubSpotMessaging.HubSpot.Delivery.Guard;
using StackExchange.Redis;

namespace HubSpotMessaging.UnitTests.HubSpot.Delivery;

/// <summary>The write guard's promises in a few lines of memory.</summary>
internal sealed class MemoryGuard : IWriteGuard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Contact> _contacts = new(StringComparer.Ordinal);

    public TimeSpan SendWithin => TimeSpan.FromSeconds(5);

    /// <summary>Whether the leases of a request hold when it is sent again.</summary>
    public bool Renews { get; set; } = true;

    /// <summary>Whether the next claim is done, and its answer lost.</summary>
    public bool LosesNextAnswer { get; set; }

    public List<(Settlement Settlement, TimeSpan KeepLease)> Settled { get; } = [];

    public Task<IReadOnlyList<Claim>> ClaimAsync(string request, IReadOnlyList<GuardedWrite> writes)
    {
        lock (_gate)
        {
            List<Claim> claims = [.. writes.Select(write => Of(write.Email).Claim(request, write))];
            if (!LosesNextAnswer)
                return Task.FromResult<IReadOnlyList<Claim>>(claims);
            LosesNextAnswer = false;
            throw new RedisException("no answer");
        }
    }

    public Task<bool> RenewAsync(string request, IReadOnlyList<string> emails) => Task.FromResult(Renews);

    public Task SettleAsync(string request, IReadOnlyList<Settlement> settlements, TimeSpan keepLease)
    {
        lock (_gate)
        {
            foreach (var settlement in settlements)
            {
                Settled.Add((settlement, keepLease));
                Of(settlement.Email).Settle(request, settlement);
            }
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<IReadOnlyDictionary<string, Standing>>> PeekAsync(IReadOnlyList<GuardedWrite> writes)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<IReadOnlyDictionary<string, Standing>>>([.. writes.Select(write => Of(write.Email).StandingsOf(write))]);
    }

    private Contact Of(string email) => _contacts.TryGetValue(email, out var contact) ? contact : _contacts[email] = new();

    private sealed class Contact
    {
        private readonly Dictionary<string, WriteVersion> _stamps = new(StringComparer.Ordinal);
        private readonly Dictionary<string, WriteVersion> _pending = new(StringComparer.Ordinal);
        private Dictionary<string, WriteVersion> _claimed = [];
        private string? _lease;
        private string? _id;
        private WriteVersion? _creator;

        public Claim Claim(string request, GuardedWrite write)
        {
            if (_lease is not null)
                return new Claim.Busy();
            if (write.Properties.Any(property => _pending.TryGetValue(property.Key, out var pending) && property.Value < pending))
                return new Claim.Busy(IsDoubtful: true);

            var standings = StandingsOf(write);
            if (!standings.ContainsValue(Standing.Newer))
                return new Claim.NothingToWrite(standings, _id!, _creator is { } creator && write.Properties.Values.Contains(creator));

            _lease = request;
            _claimed = write.Properties.Where(property => standings[property.Key] == Standing.Newer).ToDictionary(StringComparer.Ordinal);
            foreach (var (name, version) in _claimed)
                _pending[name] = version;
            return new Claim.ToWrite(standings);
        }

        public Dictionary<string, Standing> StandingsOf(GuardedWrite write) =>
            write.Properties.ToDictionary(property => property.Key, property => StandingOf(property.Key, property.Value), StringComparer.Ordinal);

        public void Settle(string request, Settlement settlement)
        {
            if (_lease != request)
                return;
            _lease = null;
            if (settlement is Settlement.Accepted accepted)
            {
                (_id, _creator) = (accepted.ContactId, accepted.IsNew ? _claimed.Values.Min() : _creator);
                foreach (var (name, version) in _claimed)
                    _stamps[name] = version;
            }

            if (settlement is not Settlement.Unknown)
                foreach (var name in _claimed.Keys)
                    _pending.Remove(name);
        }

        private Standing StandingOf(string property, WriteVersion version) =>
            !_stamps.TryGetValue(property, out var stamp) || stamp < version ? Standing.Newer
            : stamp == version ? Standing.Written
            : Standing.Outdated;
    }
}
