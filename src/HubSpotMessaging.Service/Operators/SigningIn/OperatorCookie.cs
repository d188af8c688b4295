using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.Service.Operators.SigningIn;

/// <summary>What the browser of an operator has instead of the key: a cookie that every replica reads, and that ends with the key.</summary>
internal static class OperatorCookie
{
    public const string Scheme = "hubspot-operator";

    /// <summary>Carries the anti-forgery token, with whatever the cookie lets change.</summary>
    public const string AntiForgeryHeader = "X-Anti-Forgery";

    /// <summary>The same in a form.</summary>
    public const string AntiForgeryField = "antiForgery";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public static void AddOperatorCookie(this IServiceCollection services)
    {
        services.AddSingleton<KeyGuesses>();
        services.AddSingleton<SharedKeys>();
        services.AddDataProtection().SetApplicationName("HubSpotMessaging");
        services.AddOptions<KeyManagementOptions>().Configure<SharedKeys>((options, keys) => options.XmlRepository = keys);

        services.AddAuthentication(Scheme).AddCookie(Scheme, options =>
        {
            options.Cookie = new() { Name = Scheme, Path = "/", HttpOnly = true, SameSite = SameSiteMode.Lax, SecurePolicy = CookieSecurePolicy.SameAsRequest, IsEssential = true };
            options.ExpireTimeSpan = Lifetime;
            options.SlidingExpiration = false; // A page that is open asks all the time.
        });
        services.AddOptions<CookieAuthenticationOptions>(Scheme).Configure<IDataProtectionProvider, IOptions<OperatorOptions>>((options, protection, operators) =>
        {
            // Another key, another purpose: what was given out under the old one cannot be read, nor be made by whoever reads Redis alone.
            var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(operators.Value.Key ?? "")));
            options.TicketDataFormat = new TicketDataFormat(protection.CreateProtector("HubSpotMessaging.Operators", key));
        });
        services.AddAntiforgery(options =>
        {
            (options.HeaderName, options.FormFieldName, options.SuppressXFrameOptionsHeader) = (AntiForgeryHeader, AntiForgeryField, true);
            options.Cookie = new() { Name = "hubspot-anti-forgery", Path = "/", HttpOnly = true, SameSite = SameSiteMode.Lax, SecurePolicy = CookieSecurePolicy.SameAsRequest, IsEssential = true };
        });
    }

    /// <summary>Whether somebody has signed in with the key that is valid now.</summary>
    public static bool IsSignedIn(this HttpContext http) => http.User.Identity is { IsAuthenticated: true, AuthenticationType: Scheme };

    /// <summary>Whoever has shown the key, under the name that they say.</summary>
    public static ClaimsPrincipal Operator(string? name) => new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, Guid.NewGuid().ToString("N")), .. name is null ? [] : (Claim[])[new(ClaimTypes.Name, name)]], Scheme));
}
