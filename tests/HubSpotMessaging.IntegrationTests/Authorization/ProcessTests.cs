using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.Authorization;

/// <summary>
/// Replicas as processes of their own, with refresh tokens that rotate, access tokens that live seconds and commands under way, of
/// which the one that refreshes is killed or frozen at each moment.
/// </summary>
public sealed class ProcessTests(Servers servers)
{
    private const int Freeze = 19; // SIGSTOP
    private const int Thaw = 18; // SIGCONT
    private const string TokenEndpoint = "/oauth/*/token";

    /// <summary>The lease is five seconds longer than a request may take, the hope for its holder twenty.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Four_replicas_under_load_with_tokens_that_live_seconds_refresh_once_each_time_and_send_no_dead_token()
    {
        await using var installation = await StartAsync(lifetime: 6);
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => installation.AddReplicaAsync()));
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Latency, Milliseconds = 700, Match = new() { Path = TokenEndpoint } });
        installation.HubSpot.Settings.LatencyMilliseconds = 50;
        var before = installation.HubSpot.Calls.Count;
        var refreshes = Refreshes(installation);
        var commands = 0;

        while (commands < 1_000 || (Refreshes(installation) < refreshes + 3 && commands < 20_000))
        {
            await PublishAsync(installation, 50, first: commands);
            commands += 50;
        }

        await ShouldAllBeDoneAsync(installation, commands);

        (Refreshes(installation) - refreshes).ShouldBeGreaterThanOrEqualTo(3);
        var calls = installation.HubSpot.Calls.Skip(before).ToList();
        calls.ShouldNotContain(call => call.Status == 401);
        await ShouldHaveStoredEachAsync(installation);
        ShouldNotHaveAlarmed(installation);
        replicas.ShouldAllBe(replica => !replica.Process.HasExited);
    }

    [Fact]
    public async Task A_holder_killed_before_its_call_costs_the_time_of_its_lease()
    {
        await using var installation = await StartAsync(lifetime: 8);
        var (holder, held) = await LetOneRefreshAsync(installation, FaultKind.Hold);

        holder.Kill();
        var reset = installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.Reset, Match = new() { Path = TokenEndpoint } });
        installation.HubSpot.Faults.Remove(held.Id);
        await reset.WhenHitAsync(); // The call is cut off, and was never carried out.
        installation.HubSpot.Faults.Clear();
        installation.Service.Signal(Thaw);

        await PublishAsync(installation, 50);
        await ShouldAllBeDoneAsync(installation, 50);
        held.Hits.ShouldBe(1);
        ShouldNotHaveAlarmed(installation);
        await ShouldHaveStoredEachAsync(installation, notCarriedOut: 1);
    }

    [Fact]
    public async Task A_holder_killed_between_answer_and_write_is_the_one_true_loss()
    {
        await using var installation = await StartAsync(lifetime: 8);
        var (holder, _) = await LetOneRefreshAsync(installation, FaultKind.HoldAnswer);

        holder.Kill();
        installation.HubSpot.Faults.Clear();
        installation.Service.Signal(Thaw);
        var other = await installation.AddReplicaAsync();
        await PublishAsync(installation, 50);

        await installation.Bus.EventAsync("AuthorizationRequired", message => (string?)message["reason"] == "Revoked", seconds: 60);
        await installation.ConnectAsync(at: other.Address);
        await ShouldAllBeDoneAsync(installation, 50);
        installation.Bus.Seen.Count(seen => seen.Event == "AuthorizationRequired" && (string?)seen.Message["reason"] == "Revoked").ShouldBe(1);
    }

    [Fact]
    public async Task A_holder_killed_right_after_the_write_is_not_missed()
    {
        await using var installation = await StartAsync(lifetime: 8);
        var (holder, _) = await LetOneRefreshAsync(installation, FaultKind.HoldAnswer);
        var before = await installation.Redis.StringGetAsync("hs_refresh_token");

        installation.HubSpot.Faults.Clear();
        await Eventually.BecomesTrueAsync(async () => await installation.Redis.StringGetAsync("hs_refresh_token") != before, "it is written");
        holder.Kill();
        installation.Service.Signal(Thaw);

        await PublishAsync(installation, 50);
        await ShouldAllBeDoneAsync(installation, 50);
        ShouldNotHaveAlarmed(installation);
        await ShouldHaveStoredEachAsync(installation);
        await installation.Bus.EventAsync("TokenRefreshed", message => (long?)message["generation"] == 2); // Whoever published it.
    }

    [Fact]
    public async Task A_holder_frozen_beyond_its_lease_saves_the_only_living_tokens_when_it_wakes()
    {
        await using var installation = await StartAsync(lifetime: 8);
        var (holder, _) = await LetOneRefreshAsync(installation, FaultKind.HoldAnswer);

        holder.Signal(Freeze);
        installation.HubSpot.Faults.Clear(); // The answer lies in its socket.
        installation.Service.Signal(Thaw);
        await PublishAsync(installation, 50);
        var before = Refreshes(installation);
        await Eventually.BecomesTrueAsync(() => Refreshes(installation) > before, "another replica tries when the lease has run out", seconds: 60);
        holder.Signal(Thaw);

        await ShouldAllBeDoneAsync(installation, 50);
        ShouldNotHaveAlarmed(installation);
        holder.HasExited.ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_not_confirmed_to_be_told_is_told_by_another_replica_with_the_same_id()
    {
        await using var installation = await Installation.StartAsync(servers, connect: false);
        await installation.Bus.EventAsync("AuthorizationRequired");
        var other = await installation.AddReplicaAsync();
        installation.Service.Kill(); // It may have been publishing: what it leaves behind is an announcement and its turn.
        var told = installation.Bus.Seen.Single(seen => seen.Event == "AuthorizationRequired");
        await installation.Redis.ListLeftPushAsync("hubspot:outbox", $$"""{"kind":"authorizationMissing","Loss":0,"PortalId":null,"Id":"{{told.MessageId}}"}""");

        await Eventually.BecomesTrueAsync(
            () => installation.Bus.Seen.Count(seen => seen.Event == "AuthorizationRequired") == 2, "it is told again", seconds: 60);

        installation.Bus.Seen.Where(seen => seen.Event == "AuthorizationRequired").ShouldAllBe(seen => seen.MessageId == told.MessageId);
        await Eventually.BecomesTrueAsync(async () => await installation.Redis.ListLengthAsync("hubspot:outbox") == 0, "it is told once more and no more");
        other.Process.HasExited.ShouldBeFalse();
    }

    private Task<Installation> StartAsync(int lifetime) => Installation.StartAsync(
        servers,
        settings => settings["HubSpot__RequestTimeout"] = RequestTimeout.ToString("c"),
        hubSpot: emulator => (emulator.RotateRefreshTokens, emulator.AccessTokenLifetimeSeconds) = (true, lifetime));

    /// <summary>Freezes the first process and lets a second one come to refresh; returns when its call is held.</summary>
    private static async Task<(ServiceProcess Holder, ActiveFault Held)> LetOneRefreshAsync(Installation installation, FaultKind how)
    {
        var replica = await installation.AddReplicaAsync();
        installation.Service.Signal(Freeze);
        var held = installation.HubSpot.Faults.Add(new Fault { Kind = how, Match = new() { Path = TokenEndpoint } });
        await held.WhenHitAsync();
        return (replica.Process, held);
    }

    private static async Task PublishAsync(Installation installation, int commands, int first = 0)
    {
        for (var number = first; number < first + commands; number++)
            await installation.Bus.PublishAsync("SyncContact", $$"""{"commandId":"c-{{number}}","email":"c{{number}}@example.com"}""");
    }

    private static async Task ShouldAllBeDoneAsync(Installation installation, int commands)
    {
        await Eventually.BecomesTrueAsync(
            () => installation.Bus.Seen.Where(seen => seen.Event == "ContactSynced").Select(seen => (string?)seen.Message["commandId"]).Distinct().Count() == commands,
            "every command is done",
            seconds: 90);
        (await installation.Bus.DepthAsync("hubspot-sync-contact_error")).ShouldBe(0u);
        installation.Bus.Seen.ShouldNotContain(seen => seen.Event == "CommandRejected");
    }

    /// <summary>What HubSpot has given out is what has been stored, one after the other; nothing was given out in vain.</summary>
    private static async Task ShouldHaveStoredEachAsync(Installation installation, int notCarriedOut = 0)
    {
        installation.HubSpot.Settings.AccessTokenLifetimeSeconds = 1800;
        var generation = (long)await installation.Redis.HashGetAsync("hubspot:authorization", "generation");
        (Refreshes(installation) - notCarriedOut).ShouldBeInRange((int)generation, (int)generation + 1); // One may be under way just now.
    }

    private static int Refreshes(Installation installation) =>
        installation.HubSpot.Calls.Count(call => call.Path.EndsWith("/token", StringComparison.Ordinal));

    private static void ShouldNotHaveAlarmed(Installation installation) =>
        installation.Bus.Seen.Where(seen => seen.Event == "AuthorizationRequired").Select(seen => (string?)seen.Message["reason"]).ShouldBe(["NotYetAuthorized"]);
}
