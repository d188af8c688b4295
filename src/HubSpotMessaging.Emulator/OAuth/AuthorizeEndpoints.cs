using System.Globalization;
using HubSpotMessaging.Emulator.Accounts;
using HubSpotMessaging.Emulator.Control;
using HubSpotMessaging.Emulator.Wire;
using Microsoft.AspNetCore.WebUtilities;

namespace HubSpotMessaging.Emulator.OAuth;

/// <summary>The page on which a customer connects the app or does not.</summary>
internal static class AuthorizeEndpoints
{
    public static void MapAuthorize(this IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])["/oauth/authorize", "/oauth/{hubId:long}/authorize"])
        {
            routes.MapGet(path, Ask);
            routes.MapPost(path, Decide);
        }
    }

    private static IResult Ask(HttpContext context, EmulatorOptions app, EmulatorSettings settings, AccountRegistry accounts, long? hubId)
    {
        var request = AuthorizationRequest.Read(context.Request.Query);
        if (request.FindFault(app, settings) is { } fault) return ErrorPage(fault);
        if (hubId is { } id && accounts.Find(id) is null) return ErrorPage("You have no access to this account.");

        return Page.Show(ConsentPage.Render(app.AppName, request, accounts.All, hubId));
    }

    private static IResult Decide(
        HttpContext context, EmulatorOptions app, EmulatorSettings settings, AccountRegistry accounts, GrantBook grants, long? hubId)
    {
        var form = context.ReadForm();
        var request = AuthorizationRequest.Read(form);
        if (request.FindFault(app, settings) is { } fault) return ErrorPage(fault);
        if (form.GetValueOrDefault("decision") != "approve")
            return SendBack(request, ("error", "access_denied"), ("error_description", "The user did not connect the app."));

        _ = long.TryParse(form.GetValueOrDefault("portal_id"), CultureInfo.InvariantCulture, out var chosen);
        if (accounts.Find(hubId ?? chosen) is not { } account) return ErrorPage("You have no access to this account.");
        if (request.GrantableBy(account) is not { } scopes)
            return ErrorPage($"{account.Name} does not have every scope that the app requires. The scopes are insufficient.");

        var code = grants.IssueCode(new Grant(account.PortalId, scopes), request.RedirectUri, request.CodeChallenge);
        return SendBack(request, ("code", code));
    }

    private static IResult SendBack(AuthorizationRequest request, params IEnumerable<(string Name, string Value)> answer)
    {
        var fields = answer.ToDictionary(field => field.Name, string? (field) => field.Value, StringComparer.Ordinal);
        if (request.State is { } state) fields["state"] = state;
        return TypedResults.Redirect(QueryHelpers.AddQueryString(request.RedirectUri, fields));
    }

    private static IResult ErrorPage(string why) => Page.Show(ConsentPage.RenderError(why), StatusCodes.Status400BadRequest);
}
