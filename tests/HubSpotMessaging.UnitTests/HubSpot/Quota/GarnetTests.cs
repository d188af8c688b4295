using HubSpotMessaging.HubSpot;
using HubSpotMessaging.HubSpot.Delivery;
using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.UnitTests.HubSpot.Quota;

/// <summary>The scripts also run on the sandbox's embedded Redis.</summary>
public sealed class GarnetTests
{
    [Fact]
    public async Task The_quota_works_on_Garnet_as_on_Redis()
    {
        using var redis = await EmbeddedRedis.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        await connection.GetSubscriber().PingAsync();
        var store = new QuotaStore(connection, Create(new HubSpotOptions()), Create(new DeliveryOptions()));
        await using var governor = new QuotaGovernor(store, TimeProvider.System, NullLogger<QuotaGovernor>.Instance);
        ISlots slots = governor;
        var limit = new RateLimit(3, TimeSpan.FromMilliseconds(400));

        var first = await AcquireAsync(Lane.Interactive);
        await slots.EndAsync(first.Slot, new(SlotUse.Answered, TimeSpan.FromMilliseconds(1.5)) { Limit = limit, Remaining = 2 });
        var second = await AcquireAsync(Lane.Bulk);
        var third = await AcquireAsync(Lane.Interactive);
        var state = (await connection.GetDatabase().HashGetAllAsync(QuotaStore.StateKey)).ToStringDictionary();
        (state["max"], state["window"], state["others"]).ShouldBe(("3.000", "400.000", "0.000"));
        (await connection.GetDatabase().SortedSetLengthAsync(QuotaStore.SlotsKey)).ShouldBe(3);

        // The first one's window passes, the others' does not before they are ended.
        await AcquireAsync(Lane.Interactive);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await Should.ThrowAsync<OperationCanceledException>(() => governor.AcquireAsync(new(CallKind.Contacts, Lane.Interactive), cancellation.Token));
        var waiting = AcquireAsync(Lane.Bulk);
        await governor.ReturnAsync(second);
        await waiting.WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
        await slots.EndAsync(third.Slot, new(SlotUse.Refused, TimeSpan.FromMilliseconds(2)) { Limit = limit, Remaining = 0, IsFull = true });
        await slots.EndAsync("unheard-of", new(SlotUse.Unanswered, TimeSpan.FromMilliseconds(2)));
        (await store.AcquireAsync("slot", [Lane.Interactive, Lane.Bulk], isFull: true)).ShouldBeOfType<SlotReply.Wait>();
        (await store.AcquireAsync("slot", [], isFull: false)).ShouldBeOfType<SlotReply.Left>();

        Task<Permit> AcquireAsync(Lane lane) =>
            governor.AcquireAsync(new(CallKind.Contacts, lane), CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
    }
}
