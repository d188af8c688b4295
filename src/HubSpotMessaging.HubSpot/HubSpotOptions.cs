namespace HubSpotMessaging.HubSpot;

/// <summary>The HubSpot app, the account it is connected to, and how its API is called. Configuration section <c>HubSpot</c>.</summary>
public sealed class HubSpotOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string Section = "HubSpot";

    /// <summary>The app's client id.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The app's client secret.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>
    /// Where HubSpot sends the browser back to: this service's <c>/oauth/callback</c> as the outside sees it, exactly as the app is
    /// configured. HubSpot wants https, except on localhost.
    /// </summary>
    public Uri? RedirectUri { get; set; }

    /// <summary>Where an operator connects the service to HubSpot: beside <see cref="RedirectUri"/>.</summary>
    public Uri ConnectAddress => new(RedirectUri!, "start");

    /// <summary>
    /// The HubSpot account (portal) that this installation belongs to; any other one is refused. When not set, it is the first that
    /// is connected.
    /// </summary>
    public long? PortalId { get; set; }

    /// <summary>
    /// The scopes the app requires, separated by spaces. They must be those of the app's own settings, or HubSpot's consent page
    /// fails. The scope <c>contacts</c> of older guides was removed in 2022.
    /// </summary>
    public string Scopes { get; set; } = "oauth crm.objects.contacts.read crm.objects.contacts.write";

    /// <summary>Scopes that an account may lack, separated by spaces: <c>automation</c> needs a Professional account.</summary>
    public string OptionalScopes { get; set; } = "automation timeline";

    /// <summary>
    /// Whether the bootstrap uses PKCE (RFC 7636, S256), so that a code is worth nothing outside the browser that asked for it.
    /// Default false: HubSpot's token endpoint documents <c>code_verifier</c>, its consent page no <c>code_challenge</c>.
    /// </summary>
    public bool Pkce { get; set; }

    /// <summary>The host of HubSpot's API. Default <c>https://api.hubapi.com</c>.</summary>
    public Uri ApiBaseUrl { get; set; } = new("https://api.hubapi.com");

    /// <summary>HubSpot's consent page. Default <c>https://app.hubspot.com/oauth/authorize</c>.</summary>
    public Uri AuthorizeUrl { get; set; } = new("https://app.hubspot.com/oauth/authorize");

    /// <summary>How long one HTTP call may take. Default 30 seconds, from 1 second to 5 minutes.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Workflows by name: the id that HubSpot's enrolment API takes, or <c>flow:</c> and the id in the builder's address.
    /// </summary>
    public IDictionary<string, string> Workflows { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The version of each family of HubSpot's API.</summary>
    public ApiVersions ApiVersions { get; } = new();
}

/// <summary>
/// The version of each family of HubSpot's API. HubSpot retires the numbered versions (OAuth v1 on 2027-02-16, v1 to v3 of the rest
/// in September 2027) in favour of dated ones, which it supports for 18 months each.
/// </summary>
public sealed class ApiVersions
{
    /// <summary>Tokens: a date, <c>v3</c> or <c>v1</c>. Default <c>2026-09</c>.</summary>
    public string OAuth { get; set; } = "2026-09";

    /// <summary>Contacts: a date or <c>v3</c>. Default <c>2026-09</c>.</summary>
    public string Objects { get; set; } = "2026-09";

    /// <summary>Enrolments, of which HubSpot has no newer version than <c>v2</c>.</summary>
    public string Workflows { get; set; } = "v2";

    /// <summary>The look-up of workflow ids by flow id. Default <c>v4</c>.</summary>
    public string WorkflowIdMappings { get; set; } = "v4";

    /// <summary>Timeline events of event templates: <c>v3</c>, for apps that already have them.</summary>
    public string Timeline { get; set; } = "v3";

    /// <summary>Where contacts are, such as <c>crm/objects/2026-09/contacts</c> or, before the dates, <c>crm/v3/objects/contacts</c>.</summary>
    internal string Contacts => Objects.StartsWith('v') ? $"crm/{Objects}/objects/contacts" : $"crm/objects/{Objects}/contacts";

    /// <summary>Whether tokens are looked up and revoked by the first version's own addresses.</summary>
    internal bool IsFirstOAuth => OAuth == "v1";
}
