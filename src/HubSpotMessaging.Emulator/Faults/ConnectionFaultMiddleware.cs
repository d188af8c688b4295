using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Faults;

/// <summary>Chooses the faults of a call, and plays those of the network and of HubSpot's edge.</summary>
internal sealed class ConnectionFaultMiddleware(RequestDelegate next, FaultBook faults, EmulatorSettings settings, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await WaitAsync(faults.Delay(context), context.Call().Ended);
        // Chosen only now: what was switched off meanwhile strikes no more.
        var active = faults.Decide(context);
        var fault = active?.Fault;
        context.Features.Set(fault);
        switch (fault?.Kind)
        {
            case FaultKind.Reset:
                context.Call().Ending = CallEnding.Cut;
                break;
            case FaultKind.Html:
                await WriteHtmlAsync(context, fault.Status ?? StatusCodes.Status502BadGateway);
                break;
            case FaultKind.HoldAnswer:
                var held = await CarryOutAsync(context);
                await HoldAnswerAsync(context, active!);
                if (held.Length > 0) await context.Response.Body.WriteAsync(held);
                break;
            case FaultKind.AnswerLost:
                await CarryOutAsync(context);
                context.Call().Ending = CallEnding.Cut;
                break;
            case FaultKind.Truncated:
                var answer = await CarryOutAsync(context);
                context.Call().Ending = CallEnding.Interrupted;
                // Kestrel closes the connection when fewer bytes come than the header promised.
                if (answer.Length > 0) context.Response.ContentLength = answer.Length;
                await context.Response.Body.WriteAsync(answer.AsMemory(0, answer.Length / 2));
                break;
            default:
                await next(context);
                break;
        }
    }

    // Never cut short when the caller hangs up: on a real network the request is on its way and lands all the same.
    private async Task WaitAsync(IReadOnlyList<ActiveFault> delays, CancellationToken ended)
    {
        await DelayAsync(settings.LatencyMilliseconds);
        foreach (var delay in delays)
        {
            if (delay.Fault.Kind == FaultKind.Hold) await delay.Released.WaitAsync(ended);
            else await DelayAsync(delay.Fault.Milliseconds ?? 1000);
        }

        // A reset ends the era first and then removes the faults, which sets held calls free.
        ended.ThrowIfCancellationRequested();

        Task DelayAsync(int milliseconds) =>
            milliseconds == 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromMilliseconds(milliseconds), clock, ended);
    }

    private static async Task HoldAnswerAsync(HttpContext context, ActiveFault hold)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.Call().Ended, context.RequestAborted);
        hold.Hit();
        await hold.Released.WaitAsync(over.Token);
        over.Token.ThrowIfCancellationRequested(); // As with a held call: a reset also sets the answer free.
    }

    /// <summary>Lets the rest of the emulator answer into the void.</summary>
    private async Task<byte[]> CarryOutAsync(HttpContext context)
    {
        var wire = context.Response.Body;
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = wire;
        }

        return answer.ToArray();
    }

    private static Task WriteHtmlAsync(HttpContext context, int statusCode)
    {
        context.Response.StatusCode = statusCode;
        if (!context.Response.MayHaveBody()) return Task.CompletedTask;

        context.Response.ContentType = "text/html; charset=UTF-8";
        return context.Response.WriteAsync($"""
            <!DOCTYPE html>
            <html>
            <head><title>api.hubapi.com | {statusCode}</title></head>
            <body><h1>Error {statusCode}</h1><p>The web server reported an error.</p></body>
            </html>
            """);
    }
}
