using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Operators;

/// <summary>
/// Decides who is an operator: whoever has the key; without a key whoever sits at this machine, and that is a request that comes
/// directly over loopback, not one that a proxy on this machine passes on for somebody else.
/// </summary>
internal sealed class OperatorGuard(IOptions<OperatorOptions> options)
{
    public const string Header = "X-Operator-Key";

    /// <summary>What a proxy adds, and what ASP.NET Core turns that into when it is told to believe proxies.</summary>
    private static readonly string[] SignsOfAProxy = ["Forwarded", "Via", "X-Forwarded-", "X-Original-", "X-Real-IP"];

    /// <summary>Whether a key is needed.</summary>
    public bool WantsKey => !string.IsNullOrEmpty(options.Value.Key);

    /// <summary>Whether this request is an operator's.</summary>
    public bool LetsIn(HttpContext context) => WantsKey
        ? IsKey(context.Request.Headers[Header].ToString())
        : IsDirectLoopback(context);

    /// <summary>
    /// Whether this request, which changes something, is an operator's own doing: no other site can make a browser send the key, but
    /// any can make it send a form to this machine.
    /// </summary>
    public bool LetsAct(HttpContext context, string? key) => IsKey(key) || (LetsIn(context) && (WantsKey || !IsSentByAnotherSite(context.Request)));

    /// <summary>Compares in a time that does not tell how much of the key is right.</summary>
    public bool IsKey(string? presented) => WantsKey && CryptographicOperations.FixedTimeEquals(Digest(presented ?? ""), Digest(options.Value.Key!));

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

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
