using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace HubSpotMessaging.FaultSuite;

/// <summary>What became of each scenario, for people and for programs.</summary>
internal sealed class Report(FileInfo? json)
{
    private static readonly long Started = TimeProvider.System.GetTimestamp();
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Row> _rows = [];

    /// <summary>Progress goes to standard error, so that the table can be piped.</summary>
    public static void Say(string what) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{TimeProvider.System.GetElapsedTime(Started):mm\\:ss}] {what}"));

    public void Add(Row row)
    {
        _rows.Add(row);
        Say($"  {(row.Wrong.Count == 0 ? "clean" : "NOT clean")}: {row.Commands} commands, {row.Repeated} told again, {row.Unknown} unknown, {row.LongestSilence.TotalSeconds:0.0} s of silence at most");
        foreach (var wrong in row.Wrong.Take(10))
            Say($"    {wrong}");
    }

    /// <returns>The exit code: 0 when all are clean.</returns>
    public async Task<int> FinishAsync()
    {
        var table = new Table { Border = TableBorder.Markdown };
        foreach (var (name, isNumber) in (ReadOnlySpan<(string, bool)>)
            [("fault", false), ("what happens", false), ("commands", true), ("rejected", true), ("unknown", true), ("told again", true), ("longest silence", true), ("every command one true outcome", false)])
            table.AddColumn(new TableColumn(name) { Alignment = isNumber ? Justify.Right : Justify.Left, NoWrap = true });
        foreach (var row in _rows)
            table.AddRow(
                Markup.Escape(row.Name),
                Markup.Escape(row.About),
                Text(row.Commands),
                Text(row.Rejected),
                Text(row.Unknown),
                Text(row.Repeated),
                string.Create(CultureInfo.InvariantCulture, $"{row.LongestSilence.TotalSeconds:0.0} s"),
                row.Wrong.Count == 0 ? "yes" : Markup.Escape($"NO: {row.Wrong.Count}, as {row.Wrong[0]}"));

        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
            console.Profile.Width = 400; // Nobody's terminal: lines are not broken.
        console.Write(table);
        if (json is not null)
        {
            await using var stream = json.Create();
            await JsonSerializer.SerializeAsync(stream, _rows, Options);
        }

        return _rows.Count > 0 && _rows.TrueForAll(row => row.Wrong.Count == 0) ? 0 : 1;
    }

    private static string Text(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}

/// <summary>What became of a scenario.</summary>
/// <param name="Name">Its name.</param>
/// <param name="About">What happens.</param>
/// <param name="Commands">How many commands were published.</param>
/// <param name="Rejected">How many of them are dead letters, as they should be.</param>
/// <param name="Unknown">How many enrolments are dead letters because nobody can tell whether they were done.</param>
/// <param name="Repeated">How many outcomes were told again, with the same message id.</param>
/// <param name="LongestSilence">The longest time without any outcome.</param>
/// <param name="Wrong">What is not as it should be.</param>
internal sealed record Row(
    string Name, string About, int Commands, int Rejected, int Unknown, int Repeated, TimeSpan LongestSilence, IReadOnlyList<string> Wrong);
