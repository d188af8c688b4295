using System.Net;
using HubSpotMessaging.HubSpot.Api;
using HubSpotMessaging.HubSpot.Quota;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace HubSpotMessaging.UnitTests.HubSpot.Quota;

/// <summary>Whether a request may be sent, and what the quota hears of it.</summary>
public sealed class QuotaHandlerTests
{
    private static readonly Demand Wanted = new(CallKind.Contacts, Lane.Bulk);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeQuota _quota = new();
    private readonly List<Func<HttpResponseMessage>> _sent = [];
    private Func<HttpResponseMessage> _answer = () => new(HttpStatusCode.OK);

    [Fact]
    public async Task A_request_is_sent_with_the_permit_it_comes_with()
    {
        await SendAsync(new("given", Wanted));

        _quota.Wanted.ShouldBeEmpty();
        _quota.Ended.ShouldHaveSingleItem().ShouldBe(("given", SlotUse.Answered));
    }

    [Fact]
    public async Task A_request_without_a_permit_waits_for_one_as_an_interactive_call_of_its_client()
    {
        await SendAsync(null);

        _quota.Wanted.ShouldHaveSingleItem().ShouldBeEquivalentTo(new Demand(CallKind.Timeline, Lane.Interactive) { IsFull = _quota.Wanted[0].IsFull });
        _quota.Ended.ShouldHaveSingleItem().ShouldBe(("slot-1", SlotUse.Answered));
    }

    [Fact]
    public async Task A_second_sending_takes_another_slot_for_the_same_demand_and_keeps_the_end_of_the_lease()
    {
        var permit = new Permit("given", Wanted) { SlotEnds = In(5), SendBefore = In(8) };
        await SendAsync(permit);
        _time.Advance(TimeSpan.FromSeconds(7)); // The first slot's time has passed; the lease's has not.
        await SendAsync(permit);

        _quota.Wanted.ShouldHaveSingleItem().ShouldBe(Wanted);
        _quota.Ended.ShouldBe([("given", SlotUse.Answered), ("slot-1", SlotUse.Answered)]);

        _time.Advance(TimeSpan.FromSeconds(2));
        await Should.ThrowAsync<NotSentException>(() => SendAsync(permit));
        _quota.Wanted.Count.ShouldBe(1);
        _sent.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_lease_that_ends_while_another_permit_is_waited_for_keeps_the_request_from_being_sent()
    {
        var permit = new Permit("given", Wanted) { SendBefore = In(8) };
        await SendAsync(permit);
        _quota.BeforeGrant = () => _time.Advance(TimeSpan.FromSeconds(9));

        await Should.ThrowAsync<NotSentException>(() => SendAsync(permit));

        _sent.Count.ShouldBe(1);
        _quota.Ended[^1].ShouldBe(("slot-1", SlotUse.Unsent));
    }

    [Theory]
    [InlineData(5, 0, true)]
    [InlineData(5, 1, false)]
    public async Task A_request_that_overslept_is_not_sent_and_its_slot_is_given_back(int seconds, int ticks, bool isSent)
    {
        var permit = new Permit("given", Wanted) { SlotEnds = In(5) };
        _time.Advance(TimeSpan.FromSeconds(seconds) + TimeSpan.FromTicks(ticks));

        if (isSent)
            await SendAsync(permit);
        else
            await Should.ThrowAsync<NotSentException>(() => SendAsync(permit));

        _sent.Count.ShouldBe(isSent ? 1 : 0);
        _quota.Ended.ShouldHaveSingleItem().ShouldBe(("given", isSent ? SlotUse.Answered : SlotUse.Unsent));
    }

    [Fact]
    public async Task Who_does_not_want_to_wait_for_another_permit_has_not_sent()
    {
        using var waiting = new CancellationTokenSource();
        var permit = new Permit("given", Wanted) { Waiting = waiting.Token };
        await SendAsync(permit);
        await waiting.CancelAsync();

        await Should.ThrowAsync<NotSentException>(() => SendAsync(permit));
        _quota.Failure = new RedisException("away");
        await Should.ThrowAsync<NotSentException>(() => SendAsync(null));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => SendAsync(new("other", Wanted), cancelled.Token));

        _sent.Count.ShouldBe(1);
        _quota.Ended[^1].ShouldBe(("other", SlotUse.Unsent));
    }

    [Fact]
    public async Task The_quota_hears_whether_a_request_without_an_answer_may_have_arrived()
    {
        _answer = () => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");
        await Should.ThrowAsync<HttpRequestException>(() => SendAsync(new("unsent", Wanted)));
        _answer = () => throw new HttpRequestException(HttpRequestError.ResponseEnded, "reset");
        await Should.ThrowAsync<HttpRequestException>(() => SendAsync(new("unanswered", Wanted)));

        _quota.Ended.ShouldBe([("unsent", SlotUse.Unsent), ("unanswered", SlotUse.Unanswered)]);
    }

    [Fact]
    public void What_was_not_sent_is_classified_so() => AnswerClassifier.KindOf(new NotSentException()).ShouldBe(AnswerKind.Withheld);

    [Fact]
    public void A_permit_is_used_once_and_its_end_never_moves_back()
    {
        var permit = new Permit("slot", Wanted) { SlotEnds = 10, SendBefore = 8 };
        permit.SendBefore = 9;

        permit.SendBefore.ShouldBe(8);
        (permit.TryUse(), permit.TryUse()).ShouldBe((true, false));
    }

    private long In(int seconds) => _time.GetTimestamp() + (seconds * _time.TimestampFrequency);

    private async Task SendAsync(Permit? permit, CancellationToken cancellationToken = default)
    {
        using var client = new HttpMessageInvoker(new QuotaHandler(CallKind.Timeline, _quota, _quota, new(_time), _time) { InnerHandler = new Road(this) });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://hubspot.example");
        request.Options.Set(new(Permit.Option), permit);
        using var response = await client.SendAsync(request, cancellationToken);
    }

    private sealed class Road(QuotaHandlerTests test) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            test._sent.Add(test._answer);
            return Task.FromResult(test._answer());
        }
    }

    private sealed class FakeQuota : IQuota, ISlots
    {
        public List<Demand> Wanted { get; } = [];

        public List<(string Slot, SlotUse Use)> Ended { get; } = [];

        public Exception? Failure { get; set; }

        public Action? BeforeGrant { get; set; }

        public Task<Permit> AcquireAsync(Demand demand, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Failure is { } failure)
                throw failure;
            Wanted.Add(demand);
            BeforeGrant?.Invoke();
            return Task.FromResult(new Permit($"slot-{Wanted.Count}", demand));
        }

        public Task ReturnAsync(Permit permit) => throw new NotSupportedException();

        public Task EndAsync(string slot, SlotEnd end)
        {
            Ended.Add((slot, end.Use));
            return Task.CompletedTask;
        }
    }
}
