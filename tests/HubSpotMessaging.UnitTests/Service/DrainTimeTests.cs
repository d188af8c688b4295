using HubSpotMessaging.HubSpot.Quota;
using HubSpotMessaging.Service.Bus;
using HubSpotMessaging.Service.Operators.Status;

namespace HubSpotMessaging.UnitTests.Service;

public sealed class DrainTimeTests
{
    /// <summary>A call every tenth of a second.</summary>
    private static readonly QuotaUse Quota = new(110, TimeSpan.FromSeconds(10), Used: 7, Others: 8, Limit: 100);

    [Theory]
    [InlineData(CommandQueues.SyncContact, 1, 0.1)]
    [InlineData(CommandQueues.SyncContact, 100, 0.1)]
    [InlineData(CommandQueues.SyncContact, 101, 0.2)]
    [InlineData(CommandQueues.SyncContactBulk, 100_000, 100)]
    [InlineData(CommandQueues.PostTimelineEvent, 250, 0.3)]
    [InlineData(CommandQueues.EnrollInWorkflow, 250, 50)]
    public void Batches_are_full_and_an_enrolment_takes_two_calls(string queue, long waiting, double seconds) =>
        DrainTime.Of([(queue, waiting)], Quota)[queue].TotalSeconds.ShouldBe(seconds, 0.001);

    [Fact]
    public void Queues_take_turns_so_that_a_short_one_does_not_wait_for_a_long_one()
    {
        var times = DrainTime.Of([(CommandQueues.SyncContact, 1_000), (CommandQueues.EnrollInWorkflow, 500), (CommandQueues.PostTimelineEvent, 0)], Quota);

        times[CommandQueues.SyncContact].TotalSeconds.ShouldBe(2, 0.001); // Ten calls, and ten of the other one between them.
        times[CommandQueues.EnrollInWorkflow].TotalSeconds.ShouldBe(101, 0.001); // All calls there are.
        times.ShouldNotContainKey(CommandQueues.PostTimelineEvent);
    }

    [Fact]
    public void What_others_use_is_not_there_for_commands() =>
        DrainTime.Of([(CommandQueues.EnrollInWorkflow, 50)], Quota with { Others = 60, Limit = 50 })[CommandQueues.EnrollInWorkflow].TotalSeconds.ShouldBe(20, 0.001);
}
