using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.Service.Operators.CommandLine;

/// <summary>The service's answers, to be read in a terminal.</summary>
internal static class OperatorText
{
    public static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject? AsObjectOrNull(this JsonNode node) => node as JsonObject;

    public static string Status(JsonNode status)
    {
        var text = new StringBuilder();
        var account = status["connection"]!["portalId"] is { } portal ? $" (account {portal})" : "";
        text.AppendLine(CultureInfo.InvariantCulture, $"{status["connection"]!["title"]}{account}. {status["connection"]!["sentence"]}");
        if (status["connection"]!["scopes"] is JsonArray scopes)
            text.AppendLine(CultureInfo.InvariantCulture, $"Granted: {string.Join(' ', scopes.Select(scope => (string?)scope))}.");
        if (!(bool)status["reachesBroker"]!)
            text.AppendLine("This replica cannot reach RabbitMQ, and delivers nothing.");
        if ((bool)status["reachesBroker"]! || status["reasons"]!.AsArray().Count > 0)
            text.AppendLine(Reasons(status["reasons"]!));
        if (status["quota"] is { } quota)
            text.AppendLine(CultureInfo.InvariantCulture, $"{quota["used"]} of {quota["max"]} requests in {quota["windowSeconds"]} seconds are used, and {quota["others"]} by others.");
        text.AppendLine(Outcomes(status["outcomes"]!.AsArray()));
        text.AppendLine(CultureInfo.InvariantCulture, $"{status["deadLetters"]} dead letters{((bool)status["readsDeadLetters"]! ? "" : ", which no replica reads at the moment")}.");
        if (status["queues"]!.AsArray() is { Count: > 0 } queues)
            text.AppendLine().Append(Table(["queue", "waiting", "dead letters", "oldest at most", "done in about"], queues.Select(queue => new[]
            {
                $"{queue!["name"]}", $"{queue["waiting"]}", $"{queue["deadLetters"]}", Span(queue["oldestSeconds"]), Span(queue["drainSeconds"]),
            })));
        return text.ToString().TrimEnd();
    }

    public static string Reasons(JsonNode reasons) => reasons.AsArray() is { Count: > 0 } list
        ? string.Join('\n', list.Select(reason =>
            $"{reason!["scope"] ?? "Everything"} waits: {reason["reason"]}"
            + (reason["detail"] is { } detail ? $" ({detail})" : "")
            + (reason["until"] is { } until ? $", expected to end at {until}" : "")))
        : "Commands are delivered.";

    /// <summary>A page, the groups, or a single one.</summary>
    public static string DeadLetters(JsonNode answer) => answer switch
    {
        JsonArray groups => Table(
            ["group", "count", "command", "category", "properties", "workflow"],
            groups.Select(group => new[] { $"{group!["id"]}", $"{group["count"]}", $"{group["command"]}", $"{group["category"]}", Names(group["properties"]), $"{group["workflow"]}" })),
        JsonObject one when one.ContainsKey("letter") => One(one),
        _ => Page(answer),
    };

    public static string Result(JsonNode result)
    {
        var text = new StringBuilder($"{result["done"]} done");
        if ((int)result["gone"]! > 0)
            text.Append(CultureInfo.InvariantCulture, $", {result["gone"]} not there any more");
        if ((int)result["failed"]! > 0)
            text.Append(CultureInfo.InvariantCulture, $", {result["failed"]} stay dead letters");
        text.Append('.');
        foreach (var failure in result["failures"]!.AsArray())
            text.Append(CultureInfo.InvariantCulture, $"\n{failure!["id"]}  {failure["reason"]}");
        return text.ToString();
    }

    public static string Trail(JsonNode trail) => Table(
        ["when", "who", "what", "count", "with"],
        trail.AsArray().Select(entry => new[]
        {
            $"{entry!["at"]}", string.Join(", ", new[] { (string?)entry["by"], (string?)entry["via"] }.OfType<string>()), $"{entry["action"]}", $"{entry["count"]}", $"{entry["details"]}",
        }));

    public static string Revoked(JsonNode answer) => (bool)answer["wasConnected"]!
        ? "The grant is given back, and the tokens are forgotten. Commands wait until somebody connects the service again."
        : "There was nothing to give back.";

    /// <summary>What would be skipped, when that is why the service refuses.</summary>
    public static string Outdated(JsonNode? answer) => answer?.AsObjectOrNull()?["outdated"] is not JsonArray outdated ? "" :
        string.Concat(outdated.Select(letter => $"\n{letter!["id"]}  {Names(letter["properties"])}"))
        + ((int)answer["count"]! > outdated.Count ? $"\nand {(int)answer["count"]! - outdated.Count} more" : "")
        + "\n--confirm sends them all the same.";

    private static string Page(JsonNode page)
    {
        var text = new StringBuilder(Table(
            ["id", "failed", "command", "category", "properties", "contact", "message"],
            page["items"]!.AsArray().Select(letter => new[]
            {
                $"{letter!["id"]}", $"{letter["failedAt"]}", $"{letter["command"]}", $"{letter["category"] ?? letter["origin"]}", Names(letter["properties"]),
                $"{letter["contact"]}", Short($"{letter["message"]}"),
            })));
        text.Append(CultureInfo.InvariantCulture, $"\n{page["total"]} in all.");
        if (page["next"] is { } next)
            text.Append(CultureInfo.InvariantCulture, $" More with --after {next}");
        return text.ToString();
    }

    private static string One(JsonObject one)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in one["letter"]!.AsObject())
            text.AppendLine(CultureInfo.InvariantCulture, $"{name + ":",-16}{(value is JsonArray ? Names(value) : value)}");
        text.AppendLine();
        foreach (var (name, value) in one["headers"]!.AsObject())
            text.AppendLine(CultureInfo.InvariantCulture, $"{name}: {value}");
        return text.AppendLine().Append(one["body"]).ToString();
    }

    private static string Outcomes(JsonArray minutes)
    {
        long Sum(string name) => minutes.Sum(minute => (long)minute![name]!);
        return $"In the last hour {Sum("succeeded")} done, {Sum("superseded")} superseded, {Sum("rejected")} rejected.";
    }

    private static string Span(JsonNode? seconds) => seconds is null ? "" : TimeSpan.FromSeconds(Math.Ceiling((double)seconds)).ToString("c", CultureInfo.InvariantCulture);

    private static string Names(JsonNode? names) => string.Join(", ", names?.AsArray().Select(name => (string?)name) ?? []);

    private static string Short(string text) => text.ReplaceLineEndings(" ") is { Length: > 80 } line ? line[..77] + "..." : text.ReplaceLineEndings(" ");

    private static string Table(string[] heads, IEnumerable<string[]> rows)
    {
        List<string[]> lines = [heads, .. rows];
        var widths = Enumerable.Range(0, heads.Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        return string.Join('\n', lines.Select(line => string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }
}
