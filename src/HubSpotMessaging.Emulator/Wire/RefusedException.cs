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

internal sealed partial class RefusalMiddleware(RequestDelegate next, ILogger<RefusalMiddleware> logger)
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
        catch (BadHttpRequestException refusal) when (!context.Response.HasStarted)
        {
            await context.WriteErrorAsync(refusal.StatusCode, ErrorBody.Validation(refusal.Message));
        }
        catch (Exception exception) when (exception is not OperationCanceledException && !context.Response.HasStarted)
        {
            Log.Failed(logger, exception, context.Request.Method);
            await context.WriteErrorAsync(
                StatusCodes.Status500InternalServerError, new ErrorBody($"The emulator failed: {exception.GetType().Name}"));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A {Method} failed in the emulator itself.")]
        public static partial void Failed(ILogger logger, Exception exception, string method);
    }
}
