using HubSpotMessaging.Emulator.Accounts;
using HubSpotMessaging.Emulator.Contacts;
using HubSpotMessaging.Emulator.Recording;
using HubSpotMessaging.Emulator.Timeline;
using HubSpotMessaging.Emulator.Workflows;
using static HubSpotMessaging.Emulator.Control.Page;

namespace HubSpotMessaging.Emulator.Control;

/// <summary>The page a person sees who looks at the emulator in a browser.</summary>
internal static class HomePage
{
    public static IResult Show(
        HttpRequest request,
        EmulatorOptions app,
        AccountRegistry accounts,
        ContactDirectory contacts,
        EnrollmentLog enrollments,
        TimelineLog events,
        CallLog calls,
        FaultBook faults)
    {
        var self = $"{request.Scheme}://{request.Host}";

        return Page.Show(Layout("HubSpot emulator", $$"""
            <h1>A HubSpot <em>that runs here</em></h1>
            <p>OAuth, contacts, workflows, timeline, limits and faults. Point a client's base address at
              <code>{{Encode(self)}}</code>; its app is <code>{{Encode(app.ClientId)}}</code>.</p>
            <h2>What it holds</h2>
            <table>
              {{Row("accounts", accounts.All.Count, "accounts (portals)")}}
              {{Row("contacts", contacts.List().Count, "contacts")}}
              {{Row("enrollments", enrollments.List().Count, "enrolments and unenrolments")}}
              {{Row("timeline-events", events.List().Count, "timeline events")}}
              {{Row("calls", calls.Total, "calls since the start or the last reset")}}
              {{Row("faults", faults.Active.Count, "faults switched on")}}
            </table>
            <p>Set up: <a href="/emulator/workflows">workflows</a>, <a href="/emulator/event-templates">event templates</a>,
              <a href="/emulator/event-types">app event types</a>, <a href="/emulator/properties">contact properties</a>,
              <a href="/emulator/settings">settings</a>. A PUT with one of them adds or replaces it; to the settings, merges.</p>
            <h2>What to try</h2>
            <p>Connect a service: open its <code>/oauth/start</code>, which leads to the consent page here. Or tokens without it:</p>
            <pre>{{Encode($$"""
                curl -X POST {{self}}/emulator/grants -d '{"portalId":1234567}'
                """)}}</pre>
            <p>The next two batch upserts meet a limit that somebody else used up; then the customer uninstalls the app:</p>
            <pre>{{Encode($$$"""
                curl -X POST {{{self}}}/emulator/faults \
                  -d '{"kind":"rateLimited","retryAfter":2,"times":2,"match":{"path":"*/batch/upsert"}}'
                curl -X POST {{{self}}}/emulator/grants/1234567/revoke
                """)}}</pre>
            <p>Everything back to the start:</p>
            <pre>{{Encode($"curl -X POST {self}/emulator/reset")}}</pre>
            """));
    }

    private static string Row(string path, long count, string what) =>
        $"""<tr><td class="number">{count}</td><td><a href="/emulator/{path}">{Encode(what)}</a></td></tr>""";
}
