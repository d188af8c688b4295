using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace HubSpotMessaging.Emulator.Wire;

/// <summary>What the parts that a request passes through tell one another about it.</summary>
internal sealed class Call(CancellationToken ended)
{
    /// <summary>Cancelled when the era of the call ends, by a reset or a shutdown.</summary>
    public CancellationToken Ended { get; } = ended;

    /// <summary>The request's body, as far as it came in.</summary>
    public byte[] Body { get; set; } = [];

    public string BodyText => field ??= Encoding.UTF8.GetString(Body);

    /// <summary>The portal of the access token, valid or not, when it is known.</summary>
    public long? PortalId { get; set; }

    /// <summary>How the connection ends.</summary>
    public CallEnding Ending { get; set; }
}

internal enum CallEnding
{
    /// <summary>With an answer.</summary>
    Answered,

    /// <summary>In the middle of an answer.</summary>
    Interrupted,

    /// <summary>Without a word.</summary>
    Cut,
}

internal static class CallExtensions
{
    public static Call Call(this HttpContext context) => context.Features.GetRequiredFeature<Call>();

    public static T ReadJson<T>(this HttpContext context)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(context.Call().Body, HubSpotJson.Options)
                ?? throw new JsonException("Expected a value.", path: null, lineNumber: 0, bytePositionInLine: 0);
        }
        catch (JsonException exception)
        {
            var place = $"line {(exception.LineNumber ?? 0) + 1}, column {(exception.BytePositionInLine ?? 0) + 1}";
            throw new RefusedException(
                StatusCodes.Status400BadRequest,
                new ErrorBody($"Invalid input JSON on {place}: {FirstSentence(exception.Message)}"));
        }
    }

    public static Dictionary<string, StringValues> ReadForm(this HttpContext context) =>
        context.Request.HasFormContentType
            ? QueryHelpers.ParseQuery(context.Call().BodyText)
            : new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The path and query as they were sent.</summary>
    public static string RawTarget(this HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

    /// <summary>The path as it was sent.</summary>
    public static string RawPath(this HttpContext context) => context.RawTarget().Split('?')[0];

    /// <summary>The last segment of the path, decoded. Routing would leave a <c>%2F</c> in it as it is.</summary>
    public static string LastSegment(this HttpContext context) => Uri.UnescapeDataString(context.RawPath().TrimEnd('/').Split('/')[^1]);

    public static bool IsOAuth(this HttpContext context) => context.Request.Path.StartsWithSegments("/oauth", StringComparison.OrdinalIgnoreCase);

    public static bool MayHaveBody(this HttpResponse response) => response.StatusCode is not
        (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);

    public static async Task WriteErrorAsync(this HttpContext context, int statusCode, ErrorBody body)
    {
        context.Response.StatusCode = statusCode;
        if (context.Response.MayHaveBody())
            await context.Response.WriteAsJsonAsync(body with { CorrelationId = context.TraceIdentifier });
    }

    private static string FirstSentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..(end + 1)];
    }
}
