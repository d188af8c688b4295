using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;
using HubSpotMessaging.Testing.Servers;

namespace HubSpotMessaging.IntegrationTests.Telemetry;

/// <summary>The metrics, the alert rules and the dashboard, with a real Prometheus.</summary>
public sealed partial class PrometheusTests(Servers servers)
{
    /// <summary>Would take names with dots, which rules and dashboard do not know.</summary>
    private const string AcceptOfVersion3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";

    [Fact]
    public async Task Each_alert_fires_when_it_should_and_not_before()
    {
        var rules = Repository.Find("deploy/prometheus/alerts.yml");
        var tests = Repository.Find("deploy/prometheus/alerts.test.yml");
        await PromtoolAsync("test", "rules", tests);

        // promtool does not mind a rule that no test is about; nor one whose runbook nobody has written.
        var names = Alert().Matches(await File.ReadAllTextAsync(rules)).Select(match => match.Groups["name"].Value).ToList();
        names.Count.ShouldBeGreaterThanOrEqualTo(5);
        FiringAlert().Matches(await File.ReadAllTextAsync(tests)).Select(match => match.Groups["name"].Value).Distinct().ShouldBe(names, ignoreOrder: true);
        var runbooks = await File.ReadAllTextAsync(Repository.Find("docs/runbooks.md"));
        foreach (var name in names)
            runbooks.ShouldContain($"\n## {name}\n");
    }

    [Fact]
    public async Task Metrics_are_those_of_the_document_and_feed_each_alert_and_each_panel()
    {
        await using var installation = await Installation.StartAsync(servers, settings => settings["DeadLetters__Read"] = "true", connect: false);
        await using var prometheus = new LocalPrometheus($$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: [ '{{Repository.Find("deploy/prometheus/alerts.yml")}}' ]
            scrape_configs:
              - job_name: hubspot-messaging
                static_configs: [ { targets: [ '{{installation.Address.Authority}}' ] } ]
            """);
        await prometheus.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new($"http://{prometheus.Address}") };

        // Not connected yet, and so it begins to look.
        await Eventually.BecomesTrueAsync(async () => await StateOfAsync(http, "HubSpotAuthorizationLost") == "pending", "the lost authorization is seen");
        await Eventually.BecomesTrueAsync(async () => await StateOfAsync(http, "HubSpotLinePaused") == "pending", "the pause is seen");
        await ShowsAsync(http, "max(hubspot_authorization_available)", "0");
        await ShowsAsync(http, """hubspot_line_pauses{hubspot_reason="Authorization",hubspot_scope="all"}""", "1");
        await Eventually.BecomesTrueAsync(async () => await ValueAsync(http, """hubspot_authorization_losses_total{hubspot_reason="NotYetAuthorized"}""") == "1", "the loss is counted");
        await ShowsAsync(http, """sum(hubspot_commands_total{hubspot_outcome="rejected"})""", "0"); // So that the first ones are seen to rise.
        await ShowsAsync(http, "max(hubspot_broker_available)", "1");
        var families = FamiliesOf(await ScrapeAsync(installation));

        await SendEverythingAsync(installation);
        await Eventually.BecomesTrueAsync(async () => await StateOfAsync(http, "HubSpotAuthorizationLost") == "inactive", "the authorization is seen");
        await Eventually.BecomesTrueAsync(async () => await ValueAsync(http, "max(hubspot_dead_letters)") == "1", "the dead letter is seen");
        await Eventually.BecomesTrueAsync(async () => await ValueAsync(http, "max(hubspot_quota_limit)") == "1000000", "the quota is seen");

        await Eventually.BecomesTrueAsync(
            async () =>
            {
                families.UnionWith(FamiliesOf(await ScrapeAsync(installation)));
                return families.IsSupersetOf(FamiliesOfDocument());
            },
            "everything of the document is there");
        families.ShouldBe(FamiliesOfDocument(), ignoreOrder: true);
        (await ScrapeAsync(installation, AcceptOfVersion3)).ShouldContain("hubspot_commands_total{");
        await ShowsAsync(http, """sum(hubspot_commands_total{hubspot_outcome="created"})""", "1");
        await ShowsAsync(http, """sum(hubspot_commands_total{hubspot_outcome="superseded"})""", "1");
        await ShowsAsync(http, """sum(hubspot_commands_total{hubspot_outcome="rejected"})""", "1");
        await ShowsAsync(http, """sum(hubspot_rejections_total{hubspot_category="VALIDATION_ERROR"})""", "1");
        await ShowsAsync(http, "sum(hubspot_properties_skipped_total)", "1");
        await ShowsAsync(http, """sum(hubspot_request_duration_seconds_count{http_response_status_code="429"})""", "1");
        await ShowsAsync(http, "sum(hubspot_command_duration_seconds_count)", "1"); // Of the one with a timestamp.

        foreach (var rule in await RulesAsync(http))
            ((string?)rule["health"]).ShouldBe("ok", rule.ToJsonString());
        foreach (var query in Queries())
            await Eventually.BecomesTrueAsync(async () => (await QueryAsync(http, query)).Count > 0, $"there is something to show for {query}", seconds: 20);
    }

    [Fact]
    public Task The_configuration_for_compose_is_one() => PromtoolAsync("check", "config", Repository.Find("deploy/prometheus/prometheus.yml"));

    private static async Task PromtoolAsync(params string[] arguments)
    {
        await using var process = ChildProcess.Start(
            LocalPrometheus.FindProgram("promtool"), arguments, ChildProcess.EnvironmentWithout(), Path.GetDirectoryName(arguments[^1])!);
        (await process.Exited).ShouldBe(0, process.Output.ToString());
    }

    /// <summary>Something of everything that is measured.</summary>
    private static async Task SendEverythingAsync(Installation installation)
    {
        (await installation.ConnectAsync()).EnsureSuccessStatusCode();
        var bus = installation.Bus;
        installation.HubSpot.Faults.Add(new Fault { Kind = FaultKind.RateLimited, Times = 1 });
        await bus.PublishAsync("SyncContact", """{"commandId":"m-1","occurredAt":"2026-09-10T12:00:00Z","email":"ada@example.com","properties":{"firstname":"Ada"}}""", timestamp: TimeProvider.System.GetUtcNow());
        await bus.OutcomeAsync("ContactSynced", "m-1");
        await bus.PublishAsync("SyncContact", """{"commandId":"m-2","occurredAt":"2026-09-09T12:00:00Z","email":"ada@example.com","properties":{"firstname":"A."}}""");
        await bus.OutcomeAsync("ContactSynced", "m-2");
        await bus.PublishAsync("SyncContact", """{"commandId":"m-3","email":"ada@example.com","properties":{"nope":"x"}}""");
        await bus.OutcomeAsync("CommandRejected", "m-3");
        installation.HubSpot.ExpireAccessTokens(Installation.Portal);
        await bus.PublishAsync("EnrollInWorkflow", """{"commandId":"m-4","email":"ada@example.com","workflow":"1001"}""");
        await bus.OutcomeAsync("ContactEnrolledInWorkflow", "m-4");
        await bus.PublishAsync("PostTimelineEvent", """{"commandId":"m-5","eventType":"1001298","email":"ada@example.com","tokens":{"orderNumber":"1"}}""");
        await bus.OutcomeAsync("TimelineEventPosted", "m-5");
        await bus.EventAsync("TokenRefreshed");
    }

    private static async Task<string> ScrapeAsync(Installation installation, string? accept = null)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);
        return await http.GetStringAsync(new Uri(installation.Address, "metrics"));
    }

    private static HashSet<string> FamiliesOf(string text) => [.. Type().Matches(text).Select(match => $"{match.Groups["name"].Value} {match.Groups["kind"].Value}")];

    /// <summary>What the table says, in the words of Prometheus.</summary>
    private static IEnumerable<string> FamiliesOfDocument() =>
        from line in File.ReadLines(Repository.Find("docs/telemetry.md"))
        where line.StartsWith("| `hubspot.", StringComparison.Ordinal)
        let cells = line.Split('|', StringSplitOptions.TrimEntries)
        let unit = cells[3] == "s" ? "_seconds" : ""
        let total = cells[2] == "counter" ? "_total" : ""
        select $"{cells[1].Trim('`').Replace('.', '_')}{unit}{total} {cells[2]}";

    private static IEnumerable<string> Queries() =>
        from panel in JsonNode.Parse(File.ReadAllText(Repository.Find("deploy/grafana/hubspot-messaging.json")))!["panels"]!.AsArray()
        from target in panel!["targets"]!.AsArray()
        select ((string)target!["expr"]!).Replace("$namespace", ".*", StringComparison.Ordinal).Replace("$job", "hubspot-messaging", StringComparison.Ordinal).Replace("$__rate_interval", "30s", StringComparison.Ordinal);

    private static async Task<IReadOnlyList<JsonNode>> RulesAsync(HttpClient http) =>
        [.. (await http.GetFromJsonAsync<JsonObject>("api/v1/rules"))!["data"]!["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).OfType<JsonNode>()];

    private static async Task<string?> StateOfAsync(HttpClient http, string alert) =>
        (string?)(await RulesAsync(http)).Single(rule => (string?)rule["name"] == alert)["state"];

    private static Task ShowsAsync(HttpClient http, string query, string value) =>
        Eventually.BecomesTrueAsync(async () => await ValueAsync(http, query) == value, $"{query} is {value}");

    private static async Task<string?> ValueAsync(HttpClient http, string query) => (string?)(await QueryAsync(http, query)).SingleOrDefault()?["value"]![1];

    private static async Task<JsonArray> QueryAsync(HttpClient http, string query)
    {
        using var response = await http.GetAsync(new Uri($"api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
        var answer = await response.Content.ReadFromJsonAsync<JsonObject>();
        ((string?)answer!["status"]).ShouldBe("success", $"{query}: {answer.ToJsonString()}");
        return answer["data"]!["result"]!.AsArray();
    }

    [GeneratedRegex(@"^ +- alert: (?<name>\w+)$", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"alertname: (?<name>\w+)\s+exp_alerts:\s+- exp_labels", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FiringAlert();

    [GeneratedRegex(@"^# TYPE (?<name>hubspot_\w+) (?<kind>\w+)", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Type();
}
