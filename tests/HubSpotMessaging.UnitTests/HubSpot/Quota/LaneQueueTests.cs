using HubSpotMessaging.HubSpot.Quota;

namespace HubSpotMessaging.UnitTests.HubSpot.Quota;

public sealed class LaneQueueTests
{
    private readonly LaneQueue<string> _queue = new();

    [Fact]
    public void Kinds_of_call_take_turns_and_each_keeps_its_order()
    {
        foreach (var name in (string[])["c1", "c2", "c3", "c4"])
            _queue.Add(CallKind.Contacts, name);
        _queue.Add(CallKind.Enrollments, "e1");
        _queue.Add(CallKind.Timeline, "t1");
        _queue.Add(CallKind.Timeline, "t2");

        TakeAll().ShouldBe(["c1", "e1", "t1", "c2", "t2", "c3", "c4"]);
        _queue.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Who_stops_waiting_is_not_taken_and_stops_once()
    {
        _queue.Add(CallKind.Contacts, "c1");
        var second = _queue.Add(CallKind.Contacts, "c2");

        LaneQueue<string>.Remove(second).ShouldBeTrue();
        LaneQueue<string>.Remove(second).ShouldBeFalse();
        TakeAll().ShouldBe(["c1"]);
        LaneQueue<string>.Remove(_queue.Add(CallKind.Contacts, "c3")).ShouldBeTrue();
        _queue.IsEmpty.ShouldBeTrue();
    }

    private List<string?> TakeAll()
    {
        List<string?> taken = [];
        while (_queue.TryTake(out var name))
            taken.Add(name);
        return taken;
    }
}
