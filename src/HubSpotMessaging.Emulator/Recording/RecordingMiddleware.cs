using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Recording;

/// <summary>Reads the request whole, gives it its correlation id, and records what became of it.</summary>
internal sealed class RecordingMiddleware(RequestDelegate next, CallLog log, TimeProvider clock)
{
    private const int MaximumBody = 64 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        var sequence = log.NextSequence();
        var at = clock.GetUtcNow();
        var started = clock.GetTimestamp();
        context.TraceIdentifier = Guid.CreateVersion7(at).ToString("D");
        context.Response.Headers["X-HubSpot-Correlation-Id"] = context.TraceIdentifier;

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = new Call(body.ToArray());
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
            var text = context.Request.HasFormContentType ? SecretMask.InFields(call.BodyText) : call.BodyText;
            log.Add(new RecordedCall(
                sequence,
                at,
                context.Request.Method,
                SecretMask.InPath(context.Request.Path) + SecretMask.InFields(context.Request.QueryString.Value ?? ""),
                call.Ending == CallEnding.Answered ? context.Response.StatusCode : null,
                call.PortalId,
                text.Length <= MaximumBody ? text : text[..MaximumBody],
                clock.GetElapsedTime(started).TotalMilliseconds));
        }

        // Last of all, so that whoever sees the connection go finds the call on record.
        if (call.Ending == CallEnding.Cut) context.Abort();
    }
}
