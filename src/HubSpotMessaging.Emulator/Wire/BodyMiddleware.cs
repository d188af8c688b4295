namespace HubSpotMessaging.Emulator.Wire;

/// <summary>Reads the request whole, so that everybody may look at it.</summary>
internal sealed class BodyMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (IOException failure) when (failure is not BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge })
        {
            context.Call().Ending = CallEnding.Cut;
            return;
        }
        finally
        {
            context.Call().Body = body.ToArray();
        }

        await next(context);
    }
}
