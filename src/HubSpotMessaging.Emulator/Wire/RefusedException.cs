namespace HubSpotMessaging.Emulator.Wire;

/// <summary>
/// The whole request is refused. Thrown wherever that is noticed, so that nothing after it happens, and turned into the answer
/// by <see cref="RefusalMiddleware"/>.
/// </summary>
internal sealed class RefusedException(int statusCode, ErrorBody body) : Exception(body.Message)
{
    public int StatusCode { get; } = statusCode;

    public ErrorBody Body { get; } = body;

    public static RefusedException Invalid(string message) => new(StatusCodes.Status400BadRequest, ErrorBody.Validation(message));

    public static RefusedException Unset(string field) => Invalid($"Some required fields were not set: [{field}]");

    public static RefusedException Missing(string message) => new(StatusCodes.Status404NotFound, ErrorBody.NotFound(message));
}

internal sealed class RefusalMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (RefusedException refusal) when (!context.Response.HasStarted)
        {
            await context.WriteErrorAsync(refusal.StatusCode, refusal.Body);
        }
    }
}
