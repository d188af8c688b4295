using HubSpotMessaging.HubSpot.Api;
using StackExchange.Redis;

namespace HubSpotMessaging.HubSpot.Quota;

/// <summary>
/// Sends no request without a permit, none twice with the same, and none whose time has passed; and tells the quota what became of it. It
/// stands inside of what gives tokens, which may send a second time, and outside of the limit on time, which begins with the sending.
/// Calls that come without a permit are of the kind of their client. What a 429 tells is read by <see cref="SlotEnd"/>; its request
/// is sent again by <see cref="Delivery.Calls.HubSpotCaller"/>.
/// </summary>
internal sealed class QuotaHandler(CallKind kind, IQuota quota, ISlots slots, AnswerClassifier classifier, TimeProvider time)
    : DelegatingHandler
{
    private static readonly HttpRequestOptionsKey<Permit> Option = new(Permit.Option);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Get)
            request.Content ??= new ByteArrayContent([]); // What has no body .NET sends again by itself when the connection is closed: a second enrolment.

        var slot = await TakeAsync(request, cancellationToken);
        var sent = time.GetTimestamp();
        if (sent > slot.SendBefore || cancellationToken.IsCancellationRequested)
        {
            await slots.EndAsync(slot.Slot, SlotEnd.Unsent);
            cancellationToken.ThrowIfCancellationRequested();
            throw TooLate();
        }

        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken);
        }
        catch (Exception exception)
        {
            var isUnsent = AnswerClassifier.KindOf(exception) is AnswerKind.NotSent or AnswerKind.Withheld;
            await slots.EndAsync(slot.Slot, isUnsent ? SlotEnd.Unsent : new(SlotUse.Unanswered, time.GetElapsedTime(sent)));
            throw;
        }

        await slots.EndAsync(slot.Slot, await SlotEnd.OfAsync(response, time.GetElapsedTime(sent), classifier));
        return response;
    }

    /// <summary>The caller's permit, or another one if it has none or has used it.</summary>
    private async Task<Permit> TakeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(Option, out var given))
            return await AcquireAsync(new(kind, Lane.Interactive), cancellationToken, cancellationToken);
        if (given.TryUse())
            return given;

        if (time.GetTimestamp() > given.LeaseEnds)
            throw TooLate();
        var another = await AcquireAsync(given.Demand, given.Waiting, cancellationToken);
        another.SendBefore = given.LeaseEnds;
        return another;
    }

    private async Task<Permit> AcquireAsync(Demand demand, CancellationToken waiting, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(waiting, cancellationToken);
        try
        {
            var permit = await quota.AcquireAsync(demand, either.Token);
            permit.TryUse();
            return permit;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NotSentException("Nobody waits for another permit any more.", exception);
        }
        catch (RedisException exception)
        {
            throw new NotSentException("The quota cannot be asked.", exception);
        }
    }

    private static NotSentException TooLate() => new("What allowed the request to be sent has ended.");
}
