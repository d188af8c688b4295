using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using HubSpotMessaging.Service.Operators.SigningIn;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Operators;

/// <summary>
/// Decides who is an operator: whoever has the key, or has signed in with it; without a key whoever sits at this machine, and that is a
/// request that comes directly over loopback, not one that a proxy on this machine passes on for somebody else.
/// </summary>
internal sealed class OperatorGuard(IOptions<OperatorOptions> options, KeyGuesses guesses)
{
    public const string Header = "X-Operator-Key";

    /// <summary>What a proxy adds, and what ASP.NET Core turns that into when it is told to believe proxies.</summary>
    private static readonly string[] SignsOfAProxy = ["Forwarded", "Via", "X-Forwarded-", "X-Original-", "X-Real-IP"];

    /// <summary>Marks a request whose key is refused; with a time, after which a key is looked at again.</summary>
    private static readonly object Refused = new();

    /// <summary>Whether a key is needed.</summary>
    public bool WantsKey => !string.IsNullOrEmpty(options.Value.Key);

    /// <summary>Whether this request is an operator's.</summary>
    public bool LetsIn(HttpContext context) => !WantsKey ? IsDirectLoopback(context)
        : HasHeader(context) ? IsKey(context, context.Request.Headers[Header], isProgram: true)
        : context.IsSignedIn();

    /// <summary>Whether a person may have sent this request, who is not let in but can sign in.</summary>
    public bool WantsSigningIn(HttpContext context) => WantsKey && !HasHeader(context);

    /// <summary>Whether a browser asks because another site made it: with the cookie, or because it is on this machine.</summary>
    public bool IsByAnotherSite(HttpContext context) => !IsByHeader(context) && IsSentByAnotherSite(context.Request);

    /// <summary>
    /// Whether a change needs an anti-forgery token besides: whatever a browser sends by itself, with the cookie or because it is on this
    /// machine. Programs on this machine, which say nothing of where they come from, need none.
    /// </summary>
    public bool WantsAntiForgery(HttpContext context) => !IsByHeader(context)
        && (WantsKey || context.Request.Headers.ContainsKey("Sec-Fetch-Site") || context.Request.Headers.ContainsKey("Origin"));

    /// <summary>
    /// Compares in a time that does not tell how much of the key is right. Wrong ones are counted, each once a request, and after too many
    /// of them none is looked at.
    /// </summary>
    public bool IsKey(HttpContext context, string? presented, bool isProgram = false)
    {
        if (!WantsKey || string.IsNullOrEmpty(presented))
            return false;
        if (context.Items.ContainsKey(Refused))
            return false;

        if (guesses.Wait(context, isProgram) is { } wait)
        {
            context.Items[Refused] = wait;
            return false;
        }

        if (CryptographicOperations.FixedTimeEquals(Digest(presented), Digest(options.Value.Key!)))
            return true;

        guesses.CountWrong(context, isProgram);
        context.Items[Refused] = null;
        return false;
    }

    /// <summary>
    /// When this request, which is not let in, comes after too many wrong keys, the answer says after how many seconds another one is looked at.
    /// </summary>
    public static string? TellToWait(HttpContext context)
    {
        if (!context.Items.TryGetValue(Refused, out var mark) || mark is not TimeSpan wait)
            return null;
        var seconds = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        return seconds;
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static bool HasHeader(HttpContext context) => context.Request.Headers[Header].ToString().Length > 0;

    private bool IsByHeader(HttpContext context) => WantsKey && HasHeader(context);

    private static bool IsDirectLoopback(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && IsLoopbackName(context.Request.Host.Host)
        && !context.Request.Headers.Keys.Any(header => SignsOfAProxy.Any(sign => header.StartsWith(sign, StringComparison.OrdinalIgnoreCase)));

    /// <summary>
    /// Browsers tell where a request comes from; other clients do not, and nobody can make them send one. A form of our own pages has
    /// the origin "null", since they name themselves to nobody: then Sec-Fetch-Site alone can vouch for it.
    /// </summary>
    private static bool IsSentByAnotherSite(HttpRequest request)
    {
        var (site, origin) = (request.Headers["Sec-Fetch-Site"].ToString(), request.Headers.Origin.ToString());
        return site is not ("" or "same-origin" or "none")
            || (origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}" && (origin != "null" || site.Length == 0));
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
