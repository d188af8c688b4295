using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace HubSpotMessaging.Benchmarks.Reporting;

/// <summary>The figures of a run, for people and for programs.</summary>
internal sealed class Report(MachineFacts machine)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Row> _rows = [];

    /// <summary>What could not be measured, and why.</summary>
    public List<string> Failures { get; } = [];

    public void Add(Row row)
    {
        _rows.Add(row);
        var goal = row.Goal is null ? "" : $" ({row.Target}: {(row.Met == true ? "met" : "NOT met")})";
        var baseline = row.Baseline is null ? "" : $", {row.BaselineName} {Format(row.Baseline)}";
        BenchmarkRun.Say($"    {row.Case}, {row.Subject}: {row.Metric} {$"{Format(row.Value)} {row.Unit}".TrimEnd()}{baseline}{goal}");
    }

    public static string Format(double? value) => value switch
    {
        null => "-",
        { } number when Math.Abs(number) >= 100 => number.ToString("#,0", CultureInfo.InvariantCulture),
        { } number when Math.Abs(number) >= 10 => number.ToString("0.#", CultureInfo.InvariantCulture),
        { } number => number.ToString("0.###", CultureInfo.InvariantCulture),
    };

    public void Print()
    {
        var table = new Table { Border = TableBorder.Markdown };
        foreach (var (name, isNumber) in (ReadOnlySpan<(string, bool)>)
            [("scenario", false), ("case", false), ("subject", false), ("metric", false), ("value", true), ("baseline", true), ("ratio", true), ("target", false), ("met", false)])
            table.AddColumn(new TableColumn(name) { Alignment = isNumber ? Justify.Right : Justify.Left, NoWrap = true });
        foreach (var row in _rows)
            table.AddRow(
                Markup.Escape(row.Scenario),
                Markup.Escape(row.Case),
                Markup.Escape(row.Subject),
                Markup.Escape(row.Metric),
                Markup.Escape($"{Format(row.Value)} {row.Unit}".TrimEnd()),
                row.Baseline is null ? "" : Markup.Escape($"{Format(row.Baseline)} ({row.BaselineName})"),
                row.Ratio is null ? "" : Format(row.Ratio),
                row.Target ?? "",
                row.Met switch { true => "[green]yes[/]", false => "[red]NO[/]", null => "" });

        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
            console.Profile.Width = 250; // Nobody's terminal: lines are not broken.
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{machine.Cores} cores ({machine.Processor}), {machine.MemoryGigabytes} GB, {machine.System}; .NET {machine.DotNet}, RabbitMQ {machine.RabbitMq}, Redis {machine.Redis} ({machine.Servers}); {machine.StartedAt:u}, load {machine.LoadBefore ?? "?"}{(machine.IsQuick ? ", quick" : "")}"));
        console.WriteLine();
        console.Write(table);
        foreach (var failure in Failures)
            console.MarkupLine($"[red]Not measured:[/] {Markup.Escape(failure)}");
    }

    public async Task WriteAsync(FileInfo file)
    {
        await using var stream = file.Create();
        await JsonSerializer.SerializeAsync(stream, new { machine, rows = _rows, failures = Failures }, Json);
    }
}
