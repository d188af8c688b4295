using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HubSpotMessaging.HubSpot;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>A secret that one browser gets in a cookie for ten minutes, and that Redis knows by its digest alone.</summary>
internal static class BrowserSecret
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>64 characters, which make a <c>code_verifier</c> of RFC 7636 too.</summary>
    public static string Create() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>The <c>code_challenge</c> (S256) whose <c>code_verifier</c> is the secret.</summary>
    public static string Challenge(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(secret)));

    /// <summary>A cookie for one page of the flow and no other.</summary>
    public static CookieOptions Cookie(HubSpotOptions options, string page) => new()
    {
        Path = new Uri(options.RedirectUri!, page).AbsolutePath, // As the browser sees it, which a proxy may have put under a prefix.
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = options.RedirectUri!.Scheme == Uri.UriSchemeHttps,
        MaxAge = Lifetime,
    };
}
