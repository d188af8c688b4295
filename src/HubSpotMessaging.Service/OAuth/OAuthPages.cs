using System.Globalization;
using HubSpotMessaging.HubSpot;
using HubSpotMessaging.Service.Operators;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>What the pages of the bootstrap say: what happened, and what to do next.</summary>
internal static class OAuthPages
{
    private const string NothingHasChanged = "Nothing has changed.";

    public static readonly Ending NoCode = new(400, "Something is missing", $"HubSpot sent you back without an authorization code. {NothingHasChanged}");

    /// <summary>For whoever asks for an ending that is not kept.</summary>
    public static readonly Page NothingToShow = new(
        404,
        "Nothing to show here",
        "This page tells how connecting to HubSpot ended: for ten minutes, and only in the browser in which it did.")
    {
        Next = ("../", "See whether it is connected"),
        Aside = ("start", "Connect"),
    };

    /// <summary>For an operator whom a link elsewhere has led here, or a page that sends their browser where it likes.</summary>
    public static readonly Page ComingFromElsewhere = new(200, "Connect to HubSpot?", "Another page has led you here. Nothing has happened yet.")
    {
        IsTrouble = true,
        Next = ("start", "Go on to HubSpot"),
    };

    /// <summary>A mistake of ours.</summary>
    public static readonly Page Failed = new(
        500, "This did not work", "The service could not finish the connection, for a reason that is in its log.", "Start again. If you were connected nevertheless, that does no harm.")
    {
        Next = ("start", "Start again"),
        Aside = ("../", "See whether it is connected"),
    };

    /// <summary>The code did not reach anything that could have kept its ending.</summary>
    public static readonly Page RedisWasAway = new(
        503,
        "Not just now",
        "When you came back from HubSpot, the service could not reach Redis, where it keeps the tokens.",
        "Start again in a moment. If you were connected nevertheless, that does no harm.")
    {
        Next = ("start", "Start again"),
        Aside = ("../", "See whether it is connected"),
    };

    public static Ending Declined(string words) => new(400, "HubSpot did not connect the app", $"HubSpot says: {words}", NothingHasChanged);

    public static Ending Of(BootstrapResult result) => result switch
    {
        BootstrapResult.Connected connected => new(
            200,
            "Connected to HubSpot",
            $"The service now works with HubSpot account {Id(connected.PortalId)}.",
            "Commands that were waiting are being delivered. You can close this page."),
        BootstrapResult.WrongPortal wrong => new(
            403,
            "This is another HubSpot account",
            $"You connected account {Id(wrong.Granted)}, but this installation belongs to account {Id(wrong.Expected)}{(wrong.IsConfigured ? " (HubSpot:PortalId)." : " since it was first connected.")}",
            $"{NothingHasChanged} Start again and choose the right account. If HubSpot lists the app in the other account now, uninstall it there.",
            $"To move this installation to account {Id(wrong.Granted)} on purpose, set HubSpot:PortalId={Id(wrong.Granted)}, restart the service and connect again."),
        BootstrapResult.Refused { Problem: var problem } => new(
            502,
            "HubSpot did not give out tokens",
            $"HubSpot says: {problem.Message}",
            problem.CorrelationId is { } id ? $"{NothingHasChanged} HubSpot's support may ask for the correlation id {id}." : NothingHasChanged),
        _ => throw new InvalidOperationException("A bootstrap ends in one of three ways."),
    };

    public static Page NotStartedHere(HubSpotOptions options) => new(
        400,
        "This did not start here",
        "The address you came with does not belong to a connection that was started in this browser in the last ten minutes. It may have been used already, or somebody else may have made it.",
        "Nothing has changed. Start again, at the very address below: a browser that started under another host name is not known here.")
    {
        Next = (new Uri(options.RedirectUri!, "start").AbsoluteUri, "Start again"),
    };

    /// <summary>For whoever wants what only operators may, and has not shown to be one.</summary>
    public static Page OperatorsOnly(HttpContext http, string why, SignInForm? form = null)
    {
        var guard = http.RequestServices.GetRequiredService<OperatorGuard>();
        if (OperatorGuard.TellToWait(http) is { } wait)
            return new(429, "Too many wrong keys", $"From where you are, too many wrong keys have come. The next one is looked at in {wait} seconds.");

        return guard.WantsKey
            ? new(401, "Operators only", form is null ? $"{why} The key that came with this is not the operator key." : $"{why} Enter the operator key to go on.") { Form = form }
            : NoKeyIsSet;
    }

    /// <summary>For whoever does not sit at the machine, as long as no key is set.</summary>
    private static readonly Page NoKeyIsSet = new(
            403,
            "Operators only",
            "Operator:Key is not set, or empty. So only requests are let in that come directly from the machine or the container in which the service runs, and this one does not.",
            "Set Operator:Key to a long random text and restart the service. Then it is asked for.");

    private static string Id(long portalId) => portalId.ToString(CultureInfo.InvariantCulture);
}
