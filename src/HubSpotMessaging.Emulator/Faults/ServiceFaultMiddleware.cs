using System.Globalization;
using HubSpotMessaging.Emulator.Limits;
using HubSpotMessaging.Emulator.OAuth;
using HubSpotMessaging.Emulator.Wire;

namespace HubSpotMessaging.Emulator.Faults;

/// <summary>Plays the faults that HubSpot's services answer with; such an answer has passed the rate limiter and has its headers.</summary>
internal sealed class ServiceFaultMiddleware(RequestDelegate next, TimeProvider clock)
{
    private const int PortalMigrating = 477;
    private const int DefaultMigrationSeconds = 60;
    private const int DefaultOAuthSeconds = 1;

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<Fault>() is not { SpoilsAnswer: false } fault) return next(context);

        if (RetryAfter(context, fault) is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (fault.Kind == FaultKind.EmptySuccess) return SucceedEmptyAsync(context);
        if (fault is { Kind: FaultKind.Status, Body: { } body })
        {
            context.Response.StatusCode = fault.Status ?? StatusCodes.Status500InternalServerError;
            return context.Response.MayHaveBody() ? context.Response.WriteAsJsonAsync(body) : Task.CompletedTask;
        }

        throw Refusal(context, fault);
    }

    private static int? RetryAfter(HttpContext context, Fault fault) => fault.RetryAfter ?? fault.Kind switch
    {
        FaultKind.PortalMigrating => DefaultMigrationSeconds,
        FaultKind.RateLimited when context.IsOAuth() => DefaultOAuthSeconds,
        _ => null,
    };

    private RefusedException Refusal(HttpContext context, Fault fault) => fault.Kind switch
    {
        FaultKind.RateLimited => RateLimitMiddleware.Refuse(
            context, context.IsOAuth() ? RatePolicy.Unnamed : RatePolicy.Named(fault.PolicyName)),
        FaultKind.Locked => new RefusedException(
            StatusCodes.Status423Locked, new ErrorBody("The record is locked by a large volume sync. Locks will last for 2 seconds.")),
        FaultKind.PortalMigrating => new RefusedException(
            PortalMigrating, new ErrorBody("The account is being migrated between data centers.")),
        FaultKind.Unauthorized => ApiAccess.Expired(clock.GetUtcNow(), clock.GetUtcNow()),
        FaultKind.BatchConflict => new RefusedException(
            StatusCodes.Status409Conflict, new ErrorBody(fault.Message ?? "Contact already exists.") { Category = Categories.Conflict }),
        _ => new RefusedException(
            fault.Status ?? StatusCodes.Status500InternalServerError,
            new ErrorBody(fault.Message ?? "There was a problem with the request.") { Category = fault.Category }),
    };

    private Task SucceedEmptyAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        if (!context.Request.Path.Value!.Contains("/batch", StringComparison.Ordinal)) return Task.CompletedTask;

        var now = clock.GetUtcNow();
        return context.Response.WriteAsJsonAsync(new BatchAnswer<object>([], [], now, now));
    }
}
