using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Recording;

/// <summary>Gives the request its correlation id and records what became of it.</summary>
internal sealed class RecordingMiddleware(RequestDelegate next, CallLog log, Era era, TimeProvider clock)
{
    private const int MaximumBody = 64 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        // Before the sequence number: one that is taken before a reset must not be recorded after it.
        var call = new Call(era.Ended);
        var sequence = log.NextSequence();
        var at = clock.GetUtcNow();
        var started = clock.GetTimestamp();
        context.TraceIdentifier = Guid.CreateVersion7(at).ToString("D");
        context.Response.Headers["X-HubSpot-Correlation-Id"] = context.TraceIdentifier;
        context.Features.Set(call);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException)
        {
            call.Ending = CallEnding.Cut;
        }
        finally
        {
            var record = new RecordedCall(
                sequence,
                at,
                context.Request.Method,
                SecretMask.InTarget(context.RawTarget()),
                call.Ending == CallEnding.Answered ? context.Response.StatusCode : null,
                call.PortalId,
                Recordable(context, call.BodyText),
                clock.GetElapsedTime(started).TotalMilliseconds);
            log.Add(record, call.Ended);
        }

        // Last of all, so that whoever sees the connection go finds the call on record.
        if (call.Ending == CallEnding.Cut) context.Abort();
    }

    private static string Recordable(HttpContext context, string body)
    {
        var kept = body.Length <= MaximumBody ? body : body[..MaximumBody];
        return context.IsOAuth() ? SecretMask.InForm(kept) : context.Request.HasFormContentType ? SecretMask.InFields(kept) : kept;
    }
}
