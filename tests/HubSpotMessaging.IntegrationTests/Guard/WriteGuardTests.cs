using HubSpotMessaging.HubSpot.Delivery.Guard;
using StackExchange.Redis;
using static HubSpotMessaging.IntegrationTests.Guard.GuardExtensions;
using static HubSpotMessaging.IntegrationTests.Guard.Guards;

namespace HubSpotMessaging.IntegrationTests.Guard;

/// <summary>Requests of several replicas that come to one contact, in every order.</summary>
public abstract class WriteGuardTests : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private Guards _guards = null!;

    private WriteGuard One => _guards.One;

    private WriteGuard Two => _guards.Two;

    public async ValueTask InitializeAsync() => _guards = await StartAsync(await RedisAsync());

    public async ValueTask DisposeAsync()
    {
        await _guards.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<string> RedisAsync();

    [Fact]
    public async Task A_contact_nobody_knows_is_to_be_written_whole()
    {
        var claim = await One.BeginAsync("a", At(1), "email", "city");

        claim.Properties.ShouldBe(All(Standing.Newer, "city", "email"), ignoreOrder: true);
    }

    [Fact]
    public async Task A_contact_that_one_request_writes_is_busy_for_any_other_even_of_the_same_replica()
    {
        await One.BeginAsync("a", At(1), "city");

        (await One.ClaimAsync("b", At(2), "city")).ShouldBeOfType<Claim.Busy>();
        (await Two.ClaimAsync("c", At(2), "name")).ShouldBeOfType<Claim.Busy>();
        await One.AcceptAsync("a");
        (await Two.ClaimAsync("c", At(2), "name")).ShouldBeOfType<Claim.ToWrite>();
    }

    [Fact]
    public async Task A_look_tells_how_each_property_stands_and_leases_nothing()
    {
        await One.WriteAsync(At(1), "a", "b");
        await Two.WriteAsync(At(3), "b");

        var looks = await One.PeekAsync(
        [
            new(Email, new Dictionary<string, WriteVersion> { ["a"] = At(1), ["b"] = At(2), ["c"] = At(2) }),
            new("nobody@example.com", new Dictionary<string, WriteVersion> { ["a"] = At(1) }),
            new(Email, new Dictionary<string, WriteVersion> { ["b"] = At(4), ["a"] = At(0) }),
        ]);

        looks[0].ShouldBe(new Dictionary<string, Standing> { ["a"] = Standing.Written, ["b"] = Standing.Outdated, ["c"] = Standing.Newer }, ignoreOrder: true);
        looks[1].ShouldBe(All(Standing.Newer, "a"), ignoreOrder: true);
        looks[2].ShouldBe(new Dictionary<string, Standing> { ["a"] = Standing.Outdated, ["b"] = Standing.Newer }, ignoreOrder: true);
        (await Two.ClaimAsync("other", At(5), "a")).ShouldBeOfType<Claim.ToWrite>();
    }

    [Fact]
    public async Task What_is_older_is_outdated_what_is_equal_is_written_and_only_the_rest_is_newer()
    {
        await One.WriteAsync(At(1), "a", "b", "c");
        await Two.WriteAsync(At(3), "b");

        var claim = (await One.ClaimAsync("r", new GuardedWrite(Email, new Dictionary<string, WriteVersion>
        {
            ["a"] = At(1),
            ["b"] = At(2),
            ["c"] = At(2),
            ["d"] = At(1),
        }))).ShouldBeOfType<Claim.ToWrite>();

        claim.Properties.ShouldBe(
            new Dictionary<string, Standing>
            {
                ["a"] = Standing.Written,
                ["b"] = Standing.Outdated,
                ["c"] = Standing.Newer,
                ["d"] = Standing.Newer,
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task A_repeated_command_is_answered_from_the_record_and_leases_nothing()
    {
        await One.BeginAsync("a", At(1), "city", "name");
        await One.AcceptAsync("a", "7", isNew: true);

        var claim = (await Two.ClaimAsync("b", At(1), "city", "name")).ShouldBeOfType<Claim.NothingToWrite>();

        (claim.ContactId, claim.IsCreator).ShouldBe(("7", true));
        claim.Properties.ShouldBe(All(Standing.Written, "city", "name"), ignoreOrder: true);
        (await One.ClaimAsync("c", At(2), "city")).ShouldBeOfType<Claim.ToWrite>();
    }

    [Fact]
    public async Task Only_the_write_that_created_the_contact_says_so_when_it_is_repeated()
    {
        await One.BeginAsync("a", At(1), "city", "name");
        await One.AcceptAsync("a", isNew: true);
        await One.WriteAsync(At(2), "city");

        (await Two.ClaimAsync("r", At(2), "city")).ShouldBeOfType<Claim.NothingToWrite>().IsCreator.ShouldBeFalse();
        (await Two.ClaimAsync("r", At(0), "city")).ShouldBeOfType<Claim.NothingToWrite>().IsCreator.ShouldBeFalse();
        (await Two.ClaimAsync("r", At(1), "city", "name")).ShouldBeOfType<Claim.NothingToWrite>().IsCreator.ShouldBeTrue();
    }

    [Fact]
    public async Task What_needs_no_write_need_not_wait_for_whoever_writes()
    {
        await One.WriteAsync(At(2), "city");
        await One.BeginAsync("a", At(3), "city");

        (await Two.ClaimAsync("b", At(1), "city")).ShouldBeOfType<Claim.NothingToWrite>();
        (await Two.ClaimAsync("b", At(1), "city", "name")).ShouldBeOfType<Claim.Busy>();
    }

    [Fact]
    public async Task Nothing_older_is_written_while_something_newer_may_have_been()
    {
        await One.BeginAsync("newer", At(2), "city", "name");
        await One.LeaveOpenAsync("newer");

        (await Two.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.Busy>();
        (await Two.ClaimAsync("other", At(1), "street")).ShouldBeOfType<Claim.ToWrite>();
    }

    [Fact]
    public async Task What_may_have_been_written_comes_again_and_ends_the_waiting()
    {
        await One.BeginAsync("newer", At(2), "city");
        await One.LeaveOpenAsync("newer");

        await Two.WriteAsync(At(2), "city");

        (await One.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.NothingToWrite>()
            .Properties["city"].ShouldBe(Standing.Outdated);
    }

    [Fact]
    public async Task Something_still_newer_ends_the_waiting_too()
    {
        await One.BeginAsync("newer", At(2), "city", "name");
        await One.LeaveOpenAsync("newer");

        await Two.WriteAsync(At(3), "city");

        (await One.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.NothingToWrite>();
        (await One.ClaimAsync("older", At(1), "name")).ShouldBeOfType<Claim.Busy>();
    }

    [Fact]
    public async Task That_a_command_came_again_and_was_not_sent_proves_nothing_of_its_earlier_request()
    {
        await One.BeginAsync("first", At(2), "city");
        await One.LeaveOpenAsync("first");
        await Two.BeginAsync("second", At(2), "city");
        await Two.DropAsync("second");

        (await One.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.Busy>();
    }

    [Fact]
    public async Task That_a_command_came_again_and_was_refused_ends_the_waiting()
    {
        await One.BeginAsync("first", At(2), "city");
        await One.LeaveOpenAsync("first");
        await Two.BeginAsync("second", At(2), "city");
        await Two.RefuseAsync("second");

        (await One.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.ToWrite>();
    }

    [Fact]
    public async Task A_replica_that_died_is_waited_for_no_longer_than_its_lease_but_what_it_may_have_written_is()
    {
        await _guards.Dying.BeginAsync("dead", At(2), "city");

        (await Two.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.Busy>();
        await Two.WriteAsync(At(2), "city");
        (await Two.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.NothingToWrite>();
    }

    [Fact]
    public async Task A_lease_ends_by_itself()
    {
        await _guards.Add(lease: TimeSpan.FromMilliseconds(300)).BeginAsync("dead", At(1), "city");

        await Eventually.BecomesTrueAsync(async () => await Two.ClaimAsync("next", At(2), "city") is Claim.ToWrite, "the lease has ended");
    }

    [Fact]
    public async Task What_nobody_ever_tells_of_is_waited_for_only_so_long()
    {
        await One.BeginAsync("purged", At(2), "city");
        await One.LeaveOpenAsync("purged");
        var impatient = _guards.Add(patience: TimeSpan.Zero);

        (await impatient.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.ToWrite>();
        await impatient.AcceptAsync("older");

        await Two.WriteAsync(At(2), "city"); // It has come after all.
        (await One.ClaimAsync("older", At(1), "city")).ShouldBeOfType<Claim.NothingToWrite>();
    }

    [Fact]
    public async Task What_was_dropped_is_as_if_it_had_never_been_claimed()
    {
        await One.BeginAsync("a", At(2), "city");
        await One.DropAsync("a");

        (await _guards.KeysAsync()).ShouldBeEmpty();
        (await Two.ClaimAsync("b", At(1), "city")).ShouldBeOfType<Claim.ToWrite>();
    }

    [Fact]
    public async Task A_request_without_an_answer_keeps_the_contact_while_it_may_still_arrive()
    {
        await One.BeginAsync("a", At(1), "city");
        await One.LeaveOpenAsync("a", keepLease: Minute);
        (await Two.ClaimAsync("b", At(2), "city")).ShouldBeOfType<Claim.Busy>();

        await One.LeaveOpenAsync("a");

        (await Two.ClaimAsync("b", At(2), "city")).ShouldBeOfType<Claim.ToWrite>();
    }

    [Fact]
    public async Task A_refused_request_of_which_an_earlier_sending_may_still_arrive_keeps_the_contact_without_a_record_of_it()
    {
        await One.BeginAsync("a", At(1), "city");
        await One.SettleAsync("a", [new Settlement.Dropped(Email)], Minute);

        (await Two.ClaimAsync("b", At(2), "city")).ShouldBeOfType<Claim.Busy>();
        (await _guards.Redis.KeyTimeToLiveAsync(WriteGuard.KeyOf(Email))).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(Minute);
    }

    [Fact]
    public async Task Leases_are_prolonged_together_or_not_at_all()
    {
        var (ada, bob) = (Write("ada@example.com", At(1), "city"), Write("bob@example.com", At(1), "city"));
        await One.ClaimAsync("a", [ada, bob]);
        (await _guards.Add(lease: TimeSpan.Zero).RenewAsync("a", [bob.Email])).ShouldBeTrue();
        (await Two.ClaimAsync("b", Write(bob.Email, At(2), "city"))).ShouldBeOfType<Claim.ToWrite>();
        var before = await _guards.Redis.StringGetAsync(WriteGuard.KeyOf(ada.Email));

        (await _guards.Add(lease: TimeSpan.FromHours(1)).RenewAsync("a", [ada.Email, bob.Email])).ShouldBeFalse();

        (await _guards.Redis.StringGetAsync(WriteGuard.KeyOf(ada.Email))).ShouldBe(before);
        (await One.RenewAsync("a", [ada.Email])).ShouldBeTrue();
        (await Two.RenewAsync("b", [bob.Email])).ShouldBeTrue();
    }

    [Fact]
    public async Task A_renewed_lease_lasts()
    {
        var dying = _guards.Add(lease: TimeSpan.FromMilliseconds(1));
        await dying.BeginAsync("a", At(1), "city");

        (await One.RenewAsync("a")).ShouldBeTrue();

        (await Two.ClaimAsync("b", At(2), "city")).ShouldBeOfType<Claim.Busy>();
        await One.AcceptAsync("a");
        (await One.RenewAsync("a")).ShouldBeFalse();
    }

    [Fact]
    public async Task Whoever_lost_the_lease_still_tells_what_HubSpot_accepted_and_ends_nobody_elses()
    {
        await _guards.Dying.BeginAsync("late", At(1), "city", "name");
        await Two.BeginAsync("next", At(2), "city");

        await One.AcceptAsync("late");

        (await One.ClaimAsync("third", At(3), "city")).ShouldBeOfType<Claim.Busy>();
        (await One.ClaimAsync("again", At(1), "name")).ShouldBeOfType<Claim.NothingToWrite>();
        await Two.AcceptAsync("next");
        (await One.ClaimAsync("again", At(1), "city", "name")).ShouldBeOfType<Claim.NothingToWrite>().Properties.ShouldBe(
            new Dictionary<string, Standing> { ["city"] = Standing.Outdated, ["name"] = Standing.Written }, ignoreOrder: true);
    }

    [Fact]
    public async Task Whoever_tells_late_does_not_put_an_older_stamp_in_place_of_a_newer_one()
    {
        await _guards.Dying.BeginAsync("late", At(1), "city");
        await Two.WriteAsync(At(2), "city");

        await One.AcceptAsync("late");

        (await One.ClaimAsync("a", At(1), "city")).ShouldBeOfType<Claim.NothingToWrite>().Properties["city"].ShouldBe(Standing.Outdated);
        (await One.ClaimAsync("a", At(2), "city")).ShouldBeOfType<Claim.NothingToWrite>().Properties["city"].ShouldBe(Standing.Written);
    }

    [Fact]
    public async Task Settling_twice_is_harmless()
    {
        await One.BeginAsync("a", At(1), "city");
        await One.AcceptAsync("a");
        var before = await _guards.Redis.StringGetAsync(WriteGuard.KeyOf(Email));
        await One.AcceptAsync("a");
        await One.DropAsync("a");
        (await _guards.Redis.StringGetAsync(WriteGuard.KeyOf(Email))).ShouldBe(before);

        await Two.BeginAsync("b", At(2), "city");
        await One.AcceptAsync("a");

        (await One.ClaimAsync("c", At(3), "city")).ShouldBeOfType<Claim.Busy>();
        await Two.DropAsync("b");
        (await One.ClaimAsync("c", At(1), "city")).ShouldBeOfType<Claim.NothingToWrite>();
    }

    [Fact]
    public async Task Merged_commands_are_stamped_each_with_its_own_version_and_the_oldest_is_the_one_that_created_the_contact()
    {
        await One.ClaimAsync("a", new GuardedWrite(Email, new Dictionary<string, WriteVersion> { ["city"] = At(1), ["name"] = At(2), ["zip"] = At(1) }));
        await One.AcceptAsync("a", isNew: true);

        var oldest = (await Two.ClaimAsync("b", At(1), "city", "name", "zip")).ShouldBeOfType<Claim.NothingToWrite>();
        oldest.Properties.ShouldBe(
            new Dictionary<string, Standing> { ["city"] = Standing.Written, ["name"] = Standing.Outdated, ["zip"] = Standing.Written },
            ignoreOrder: true);
        oldest.IsCreator.ShouldBeTrue();
        (await Two.ClaimAsync("b", At(2), "name")).ShouldBeOfType<Claim.NothingToWrite>().IsCreator.ShouldBeFalse();
    }

    [Fact]
    public async Task A_whole_batch_is_answered_in_its_order_and_settled_in_any()
    {
        var writes = Enumerable.Range(0, 100).Select(contact => Write($"{contact}@example.com", At(2), [.. Enumerable.Range(0, 20).Select(name => $"property_{name}")])).ToList();
        (await One.ClaimAsync("a", writes)).ShouldAllBe(claim => claim is Claim.ToWrite);
        await One.SettleAsync(
            "a",
            [.. writes.Index().Reverse().Select(write => write.Index % 2 == 0
                ? (Settlement)new Settlement.Accepted(write.Item.Email, $"{write.Index}", IsNew: false)
                : new Settlement.Dropped(write.Item.Email))],
            TimeSpan.Zero);

        var claims = await Two.ClaimAsync("b", writes);

        claims.Select(claim => (claim as Claim.NothingToWrite)?.ContactId)
            .ShouldBe(Enumerable.Range(0, 100).Select(contact => contact % 2 == 0 ? $"{contact}" : null));
    }

    [Fact]
    public async Task Keys_are_compared_byte_by_byte_whatever_is_in_them()
    {
        string[] keys = ["", "\0", "\n", " ", "-", "1", "B", "_", "a", "aa", "é", "ｚ", "\U0001F600", "\U0001F600x"];

        foreach (var (earlier, later) in keys.Zip(keys.Skip(1)))
        {
            await _guards.Redis.KeyDeleteAsync(WriteGuard.KeyOf(Email));
            await One.WriteAsync(At(1, later), "city");
            (await Two.ClaimAsync("r", At(1, later), "city")).ShouldBeOfType<Claim.NothingToWrite>().Properties["city"].ShouldBe(Standing.Written);
            (await Two.ClaimAsync("r", At(1, earlier), "city")).ShouldBeOfType<Claim.NothingToWrite>().Properties["city"].ShouldBe(Standing.Outdated);
        }
    }

    [Fact]
    public async Task Names_may_be_anything_a_publisher_thinks_of()
    {
        string[] names = ["", " ", "a", "aa", "a,b", "a\nb", "\0", "%a", "[^a]", "ä", "\U0001F600"];
        await One.WriteAsync(At(1), names);
        await One.WriteAsync(At(2), "a", "");

        (await Two.ClaimAsync("r", At(1), names)).ShouldBeOfType<Claim.NothingToWrite>().Properties.ShouldBe(
            names.ToDictionary(name => name, name => name is "a" or "" ? Standing.Outdated : Standing.Written), ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_known_does_not_grow_with_the_writes_and_not_with_those_left_open()
    {
        for (var minute = 0; minute < 20; minute++)
            await One.WriteAsync(At(minute), "city", "name");
        for (var time = 0; time < 20; time++)
        {
            await One.BeginAsync($"open-{time}", At(100), "city", "name");
            await One.LeaveOpenAsync($"open-{time}");
            await _guards.Dying.BeginAsync($"dead-{time}", At(100), "city", "name");
        }

        (await _guards.Redis.StringLengthAsync(WriteGuard.KeyOf(Email))).ShouldBeLessThan(250);
    }

    [Fact]
    public async Task No_address_is_in_Redis_and_everything_ends_with_the_retention()
    {
        var guard = _guards.Add(retention: TimeSpan.FromHours(2));
        await guard.WriteAsync(At(1), "email");

        var key = (await _guards.KeysAsync()).ShouldHaveSingleItem();

        key.Length.ShouldBe("hubspot:contact:".Length + 22);
        $"{key} {await _guards.Redis.StringGetAsync(key)}".ShouldNotContain("ada");
        (await _guards.Redis.KeyTimeToLiveAsync(key)).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromHours(1.9), TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task Nothing_is_asked_for_nothing_and_a_write_of_nothing_is_a_mistake()
    {
        (await One.ClaimAsync("a", [])).ShouldBeEmpty();
        (await One.RenewAsync("a", [])).ShouldBeTrue();
        await One.SettleAsync("a", [], TimeSpan.Zero);
        await Should.ThrowAsync<ArgumentException>(() => One.ClaimAsync("a", [Write(Email, At(1))]));
    }

    private static Dictionary<string, Standing> All(Standing standing, params string[] names) => names.ToDictionary(name => name, _ => standing);
}

/// <inheritdoc/>
public sealed class RedisWriteGuardTests(Servers servers) : WriteGuardTests
{
    protected override Task<string> RedisAsync() => Task.FromResult(servers.Redis);

    [Fact]
    public async Task A_contact_costs_no_more_memory_than_the_documents_say()
    {
        await using var guards = await StartAsync(servers.Redis);
        var key = Guid.NewGuid().ToString("D");
        for (var batch = 0; batch < 20; batch++)
        {
            var writes = Enumerable.Range(0, 100)
                .Select(number => Write($"{batch}-{number}@example.com", At(1, key), "email", "firstname", "lastname", "company", "phone")).ToList();
            await guards.One.ClaimAsync($"request-{batch}", writes);
            await guards.One.SettleAsync(
                $"request-{batch}", [.. writes.Select(write => new Settlement.Accepted(write.Email, "100000000001", IsNew: true))], TimeSpan.Zero);
        }

        var sizes = new List<long>();
        foreach (var contact in await guards.KeysAsync())
            sizes.Add((long)await guards.Redis.ExecuteAsync("MEMORY", "USAGE", contact));

        sizes.Count.ShouldBe(2_000);
        sizes.Average().ShouldBeLessThan(273);
    }

    [Fact]
    public async Task Without_Redis_nothing_is_claimed()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync("127.0.0.1:1,abortConnect=false,connectTimeout=200");
        var guard = new WriteGuard(connection, Microsoft.Extensions.Options.Options.Create(new HubSpot.HubSpotOptions()), Microsoft.Extensions.Options.Options.Create(new HubSpot.Delivery.DeliveryOptions()));

        await Should.ThrowAsync<RedisException>(() => guard.BeginAsync("a", At(1), "city"));
    }
}

/// <inheritdoc/>
public sealed class GarnetWriteGuardTests(EmbeddedGarnet garnet) : WriteGuardTests, IClassFixture<EmbeddedGarnet>
{
    protected override Task<string> RedisAsync() => Task.FromResult(garnet.Configuration);
}
