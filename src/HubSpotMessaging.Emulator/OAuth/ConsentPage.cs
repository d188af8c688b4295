using System.Globalization;
using System.Text;
using static HubSpotMessaging.Emulator.Control.Page;

namespace HubSpotMessaging.Emulator.OAuth;

internal static class ConsentPage
{
    /// <summary>What this page needs besides the common looks: big targets, and room for long names on a phone.</summary>
    private const string Style = """
        main { overflow-wrap: anywhere; } input { accent-color: var(--accent); } fieldset { min-width: 0; }
        .account { align-items: center; min-height: 2.75rem; } .account small { display: block; }
        .account input { flex: none; width: 1.15rem; height: 1.15rem; margin: 0; } .scopes li + li { margin-top: .25rem; }
        @media (max-width: 30rem) {
          body { padding: 1rem; } main { padding: 1.5rem 1.25rem; } h1 { font-size: 1.35rem; }
          .scopes code { display: block; } .buttons { flex-direction: column; }
        }
        """;

    public static string Render(string appName, AuthorizationRequest request, IReadOnlyList<Account> accounts, long? preselected) =>
        Document($"Connect {appName}", $$"""
            <h1>Connect <em>{{Encode(appName)}}</em> to HubSpot</h1>
            <p>The app asks for access to an account. This is the emulator's consent page: nothing leaves this machine.</p>
            <form method="post">
              {{HiddenFields(request)}}
              <fieldset>
                <legend>Choose an account</legend>
                {{Accounts(request, accounts, preselected)}}
              </fieldset>
              <h2>The app will be able to</h2>
              <ul class="scopes">{{ScopeList(request.Scopes)}}</ul>
              {{OptionalPart(request.OptionalScopes)}}
              <p class="buttons">
                <button name="decision" value="approve">Connect app</button>
                <button name="decision" value="deny" class="quiet">Cancel</button>
              </p>
            </form>
            <p class="note">You will be sent to <code>{{Encode(request.RedirectUri)}}</code>.</p>
            """);

    public static string RenderError(string why) => Document("Authorization failed", $$"""
        <h1>Authorization failed</h1>
        <p role="alert">{{Encode(why)}}</p>
        <p class="note">HubSpot shows a page like this one and does not send the user back to the app: contact the app's developer.</p>
        """);

    private static string Document(string title, string main) => Layout(title, main).Replace(
        "</head>",
        $"""
          <style>{Style}</style>
          <link rel="icon" href="data:,">
        </head>
        """,
        StringComparison.Ordinal);

    private static string HiddenFields(AuthorizationRequest request)
    {
        var fields = new (string Name, string? Value)[]
        {
            ("client_id", request.ClientId),
            ("redirect_uri", request.RedirectUri),
            ("scope", string.Join(' ', request.Scopes)),
            ("optional_scope", string.Join(' ', request.OptionalScopes)),
            ("state", request.State),
            ("code_challenge", request.CodeChallenge),
            ("code_challenge_method", request.CodeChallengeMethod),
        };
        return string.Concat(fields
            .Where(field => field.Value is not null)
            .Select(field => $"""<input type="hidden" name="{field.Name}" value="{Encode(field.Value!)}">"""));
    }

    private static string Accounts(AuthorizationRequest request, IReadOnlyList<Account> accounts, long? preselected)
    {
        var html = new StringBuilder();
        var chosen = accounts.FirstOrDefault(account => account.PortalId == preselected) ??
            accounts.FirstOrDefault(account => request.GrantableBy(account) is not null);
        foreach (var account in accounts.Where(account => preselected is null || account.PortalId == preselected))
        {
            var state = account == chosen ? " checked" : "";
            var lacking = request.GrantableBy(account) is null ? " <small>(lacks a scope that the app requires)</small>" : "";
            html.Append(CultureInfo.InvariantCulture, $"""
                <label class="account"><input type="radio" name="portal_id" value="{account.PortalId}" required{state}>
                <span>{Encode(account.Name)} <small>{Encode(account.HubDomain)}, {account.PortalId}</small>{lacking}</span></label>
                """);
        }

        return html.ToString();
    }

    private static string OptionalPart(IReadOnlyList<string> scopes) => scopes.Count == 0 ? "" : $"""
        <h2>And, where the account has it</h2>
        <ul class="scopes">{ScopeList(scopes)}</ul>
        """;

    private static string ScopeList(IReadOnlyList<string> scopes) => string.Concat(scopes.Select(scope =>
        $"<li>{Encode(Scopes.Meaning(scope))} <code>{Encode(scope)}</code></li>"));
}
