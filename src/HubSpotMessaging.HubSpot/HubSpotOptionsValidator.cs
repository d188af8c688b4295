using System.Text.RegularExpressions;
using HubSpotMessaging.HubSpot.Delivery.Enrollments;
using Microsoft.Extensions.Options;

namespace HubSpotMessaging.HubSpot;

/// <summary>Says of each wrong setting which one it is and what is expected. Never repeats a secret.</summary>
internal sealed partial class HubSpotOptionsValidator : IValidateOptions<HubSpotOptions>
{
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(5);

    public ValidateOptionsResult Validate(string? name, HubSpotOptions options)
    {
        var failures = Failures(options).ToList();
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(HubSpotOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.ClientId))
            yield return "HubSpot:ClientId is missing: the client id of your HubSpot app.";
        if (string.IsNullOrWhiteSpace(options.ClientSecret))
            yield return "HubSpot:ClientSecret is missing: the client secret of your HubSpot app.";

        if (options.RedirectUri is null)
            yield return "HubSpot:RedirectUri is missing: this service's /oauth/callback as a browser reaches it, as in the settings of your HubSpot app.";
        else if (!IsHttp(options.RedirectUri) || !options.RedirectUri.AbsolutePath.EndsWith("/oauth/callback", StringComparison.Ordinal))
            yield return "HubSpot:RedirectUri must be an absolute http(s) address that ends in /oauth/callback.";
        else if (options.RedirectUri is { Scheme: "http", IsLoopback: false })
            yield return "HubSpot:RedirectUri must be https: HubSpot takes http for localhost only.";

        if (options.PortalId is <= 0)
            yield return "HubSpot:PortalId must be a positive number: the id of your HubSpot account.";

        if (!Words(options.Scopes).Contains("oauth", StringComparer.Ordinal))
            yield return "HubSpot:Scopes must contain oauth.";
        if (Words(options.Scopes).Concat(Words(options.OptionalScopes)).Contains("contacts", StringComparer.Ordinal))
            yield return "HubSpot:Scopes: HubSpot removed the scope contacts in 2022; use crm.objects.contacts.read and crm.objects.contacts.write.";

        if (!IsHttp(options.ApiBaseUrl))
            yield return "HubSpot:ApiBaseUrl must be an absolute http(s) address.";
        if (!IsHttp(options.AuthorizeUrl))
            yield return "HubSpot:AuthorizeUrl must be an absolute http(s) address.";
        if (options.RequestTimeout < ShortestTimeout || options.RequestTimeout > LongestTimeout)
            yield return $"HubSpot:RequestTimeout must be from {ShortestTimeout:c} to {LongestTimeout:c}, not {options.RequestTimeout:c}.";

        foreach (var (workflow, reference) in options.Workflows)
        {
            if (WorkflowDirectory.IsReference(workflow.Trim()))
                yield return $"HubSpot:Workflows:{workflow}: a name must not look like an id.";
            if (!WorkflowDirectory.IsReference(reference.Trim()))
                yield return $"HubSpot:Workflows:{workflow} must be the id that HubSpot's enrolment API takes, or flow: and the id in the builder's address.";
        }

        var versions = options.ApiVersions;
        if (versions.OAuth != "v1" && versions.OAuth != "v3" && !Dated().IsMatch(versions.OAuth))
            yield return "HubSpot:ApiVersions:OAuth must be a date such as 2026-09, v3 or v1.";
        if (versions.Objects != "v3" && !Dated().IsMatch(versions.Objects))
            yield return "HubSpot:ApiVersions:Objects must be a date such as 2026-09, or v3.";
        if (versions.Workflows != "v2")
            yield return "HubSpot:ApiVersions:Workflows must be v2: HubSpot has no other enrolment API.";
        if (versions.WorkflowIdMappings != "v4" && !Dated().IsMatch(versions.WorkflowIdMappings))
            yield return "HubSpot:ApiVersions:WorkflowIdMappings must be v4 or a date such as 2026-09-beta.";
        if (versions.Timeline != "v3")
            yield return "HubSpot:ApiVersions:Timeline must be v3: app events are not supported yet.";
    }

    private static string[] Words(string? text) => (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsHttp(Uri? address) => address is { IsAbsoluteUri: true, Scheme: "https" or "http" };

    [GeneratedRegex(@"^\d{4}-\d{2}(?:-beta)?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Dated();
}
