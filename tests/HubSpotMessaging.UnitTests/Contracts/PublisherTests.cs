using HubSpotMessaging.Contracts;
using HubSpotMessaging.Publisher;
using MassTransit;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace HubSpotMessaging.UnitTests.Contracts;

/// <summary>What the service would reject for its times is not published.</summary>
public sealed class PublisherTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly SyncContact Command = new() { Email = "ada@example.com" };

    [Fact]
    public async Task A_command_from_too_far_in_the_future_or_one_that_has_expired_is_not_published()
    {
        await using var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(new FakeTimeProvider(Now))
            .AddMassTransitTestHarness()
            .AddHubSpotMessagingPublisher()
            .BuildServiceProvider();
        await using var scope = services.CreateAsyncScope();
        var publisher = scope.ServiceProvider.GetRequiredService<IHubSpotPublisher>();
        var harness = services.GetTestHarness();
        await harness.Start();

        await ShouldBeRefusedAsync(Command with { OccurredAt = Now.AddMinutes(5).AddTicks(1) }, "occurredAt is 2026-09-10 12:05:00Z, more than five minutes in the future.");
        await ShouldBeRefusedAsync(Command with { ExpiresAt = Now }, "The command expired at 2026-09-10 12:00:00Z.");
        harness.Published.Select<SyncContact>().ShouldBeEmpty();
        harness.Sent.Select<SyncContact>().ShouldBeEmpty();

        // Its clock may be a little ahead, and it may expire soon.
        await publisher.PublishAsync(Command with { OccurredAt = Now.AddMinutes(5), ExpiresAt = Now.AddTicks(1) });
        harness.Published.Select<SyncContact>().ShouldHaveSingleItem();

        // What may have been done before is answered, however late it comes again.
        await publisher.PublishAsync(new EnrollInWorkflow { CommandId = "e", Email = "ada@example.com", Workflow = "1001", ExpiresAt = Now });
        harness.Published.Select<EnrollInWorkflow>().ShouldHaveSingleItem();

        async Task ShouldBeRefusedAsync(SyncContact command, string reason)
        {
            foreach (var publish in (Func<Task>[])[() => publisher.PublishAsync(command), () => publisher.PublishBulkAsync(command)])
                (await Should.ThrowAsync<ArgumentException>(publish)).Message.ShouldStartWith($"This SyncContact would be rejected: {reason}");
        }
    }
}
