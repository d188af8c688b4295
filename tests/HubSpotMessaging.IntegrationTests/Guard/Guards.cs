using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Delivery.Guard;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace HubSpotMessaging.IntegrationTests.Guard;

/// <summary>Guards of several replicas over one Redis, which is empty at first. Time is passed by leases that end at once.</summary>
internal sealed class Guards : IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ConnectionMultiplexer _connection;

    private Guards(ConnectionMultiplexer connection)
    {
        _connection = connection;
        One = Add();
        Two = Add();
        Dying = Add(lease: TimeSpan.Zero);
    }

    public WriteGuard One { get; }

    public WriteGuard Two { get; }

    /// <summary>Whose leases have ended before anybody else asks.</summary>
    public WriteGuard Dying { get; }

    public IDatabase Redis => _connection.GetDatabase();

    public static async Task<Guards> StartAsync(string redis)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync($"{redis},allowAdmin=true");
        foreach (var server in connection.GetServers())
            await server.FlushDatabaseAsync();
        return new(connection);
    }

    public WriteGuard Add(TimeSpan? lease = null, TimeSpan? patience = null, TimeSpan? retention = null) => new(
        _connection,
        Options.Create(new HubSpotOptions()),
        Options.Create(new DeliveryOptions { StampRetention = retention ?? TimeSpan.FromDays(30) }))
    {
        Lease = lease ?? TimeSpan.FromMinutes(1),
        Patience = patience ?? TimeSpan.FromDays(1),
    };

    /// <summary>A version that is true since so many minutes after noon.</summary>
    public static WriteVersion At(int minutes, string key = "key") => WriteVersion.Known(Noon.AddMinutes(minutes), key);

    public static GuardedWrite Write(string email, WriteVersion version, params string[] names) =>
        new(email, names.ToDictionary(name => name, _ => version));

    public Task<string[]> KeysAsync() =>
        Task.FromResult<string[]>([.. _connection.GetServers().SelectMany(server => server.Keys()).Select(key => key.ToString())]);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}

/// <summary>What tests say of one contact.</summary>
internal static class GuardExtensions
{
    public const string Email = "ada@example.com";

    public static Task<Claim> ClaimAsync(this WriteGuard guard, string request, WriteVersion version, params string[] names) =>
        guard.ClaimAsync(request, Guards.Write(Email, version, names));

    public static async Task<Claim> ClaimAsync(this WriteGuard guard, string request, GuardedWrite write) =>
        (await guard.ClaimAsync(request, [write])).ShouldHaveSingleItem();

    /// <summary>Claims what there is to write.</summary>
    public static async Task<Claim.ToWrite> BeginAsync(this WriteGuard guard, string request, WriteVersion version, params string[] names) =>
        (await guard.ClaimAsync(request, version, names)).ShouldBeOfType<Claim.ToWrite>();

    /// <summary>Claims, and has it accepted.</summary>
    public static async Task WriteAsync(this WriteGuard guard, WriteVersion version, params string[] names)
    {
        var request = $"write-{version.Text}";
        await guard.BeginAsync(request, version, names);
        await guard.AcceptAsync(request);
    }

    public static Task AcceptAsync(this WriteGuard guard, string request, string id = "101", bool isNew = false) =>
        guard.SettleAsync(request, new Settlement.Accepted(Email, id, isNew));

    public static Task DropAsync(this WriteGuard guard, string request) => guard.SettleAsync(request, new Settlement.Dropped(Email));

    public static Task RefuseAsync(this WriteGuard guard, string request) => guard.SettleAsync(request, new Settlement.Refused(Email));

    public static Task LeaveOpenAsync(this WriteGuard guard, string request, TimeSpan keepLease = default) =>
        guard.SettleAsync(request, [new Settlement.Unknown(Email)], keepLease);

    public static Task<bool> RenewAsync(this WriteGuard guard, string request) => guard.RenewAsync(request, [Email]);

    private static Task SettleAsync(this WriteGuard guard, string request, Settlement settlement) =>
        guard.SettleAsync(request, [settlement], TimeSpan.Zero);
}
