using HubSpotMessaging.HubSpot.Authorization;
using HubSpotMessaging.HubSpot.Line;
using HubSpotMessaging.IntegrationTests.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace HubSpotMessaging.IntegrationTests.Announcements;

/// <summary>What is to be told is told in order, once, and after a crash again with the same id.</summary>
public sealed class OutboxTests(Servers servers) : IAsyncLifetime
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);

    private readonly List<Announcement> _published = [];
    private Replicas _replicas = null!;

    public async ValueTask InitializeAsync() => _replicas = await Replicas.StartAsync(servers.Redis);

    public ValueTask DisposeAsync() => _replicas.DisposeAsync();

    [Fact]
    public async Task Several_replicas_publish_each_announcement_once_and_in_order()
    {
        var lines = _replicas.Add().GetRequiredService<LineStore>();
        var outboxes = Enumerable.Range(0, 4).Select(_ => Outbox()).ToList();
        var publishing = outboxes.Select(async outbox =>
        {
            while (_published.Count < 200)
                await outbox.PublishAsync(PublishAsync, _ => TimeSpan.FromMinutes(1));
        });

        for (var change = 0; change < 100; change++)
        {
            await lines.PauseAsync(new("test", $"R{change}"));
            await lines.PauseAsync(new("test", $"R{change}")); // Known already.
            await lines.ResumeAsync(new("test", $"R{change}"));
            await lines.ResumeAsync(new("test", $"R{change}"));
        }

        await Task.WhenAll(publishing);
        _published.Select(announcement => announcement.Id).Distinct().Count().ShouldBe(200);
        _published.Select(announcement => announcement is LinePaused paused ? $"paused {paused.Reason.Reason}" : $"resumed {((LineResumed)announcement).Reason.Reason}")
            .ShouldBe(Enumerable.Range(0, 100).SelectMany(change => new[] { $"paused R{change}", $"resumed R{change}" }));
    }

    [Fact]
    public async Task What_the_bus_does_not_take_stays_and_is_tried_again()
    {
        var lines = _replicas.Add().GetRequiredService<LineStore>();
        await lines.PauseAsync(new("test", "Test"));
        var outbox = Outbox();

        await Should.ThrowAsync<InvalidOperationException>(() => outbox.PublishAsync(_ => throw new InvalidOperationException("away"), _ => Turn));
        (await outbox.PublishAsync(PublishAsync, _ => Turn)).ShouldBeTrue();

        _published.ShouldHaveSingleItem();
        (await _replicas.ToldAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_newer_version_has_written_does_not_stop_the_rest_and_is_kept()
    {
        await _replicas.Redis.ListRightPushAsync(HubSpot.Line.Outbox.Key, """{"kind":"newer","Id":"00000000-0000-0000-0000-000000000001"}""");
        await _replicas.Add().GetRequiredService<LineStore>().PauseAsync(new("test", "Test"));

        (await Outbox().PublishAsync(PublishAsync, _ => Turn)).ShouldBeTrue();

        _published.ShouldHaveSingleItem().ShouldBeOfType<LinePaused>();
        (await _replicas.Redis.ListLengthAsync("hubspot:outbox:unreadable")).ShouldBe(1);
    }

    [Fact]
    public async Task Whoever_dies_after_publishing_and_before_saying_so_is_followed_by_another_with_the_same_id()
    {
        await _replicas.GrantAsync();
        await _replicas.Redis.ListTrimAsync(HubSpot.Line.Outbox.Key, 1, 0);
        _replicas.HubSpot.Revoke(Installation.Portal);
        await _replicas.PassAsync(TimeSpan.FromMinutes(31));
        await Should.ThrowAsync<AuthorizationUnavailableException>(() => _replicas.AddKeeper().GetAsync(CancellationToken.None).AsTask());
        var (publishing, dying) = (new TaskCompletionSource(), new TaskCompletionSource());
        var other = Outbox();

        var first = Outbox().PublishAsync(
            announcement =>
            {
                _published.Add(announcement);
                publishing.SetResult();
                return dying.Task; // Not heard of again.
            },
            _ => Turn);
        await publishing.Task;
        (await other.PublishAsync(PublishAsync, _ => Turn)).ShouldBeFalse();
        await Eventually.BecomesTrueAsync(() => other.PublishAsync(PublishAsync, _ => Turn), "its turn has ended");

        first.IsCompleted.ShouldBeFalse();
        _published.Select(announcement => announcement.GetType()).ShouldBe([typeof(AuthorizationMissing), typeof(AuthorizationMissing), typeof(LinePaused)]);
        _published[1].Id.ShouldBe(_published[0].Id);
        dying.SetCanceled();
    }

    private Outbox Outbox() => _replicas.Add().GetRequiredService<Outbox>();

    private Task PublishAsync(Announcement announcement)
    {
        lock (_published)
            _published.Add(announcement);
        return Task.CompletedTask;
    }
}
