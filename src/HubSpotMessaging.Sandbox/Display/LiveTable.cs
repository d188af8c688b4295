using HubSpotMessaging.Sandbox.Delivery;
using HubSpotMessaging.Sandbox.Samples;
using Spectre.Console;

namespace HubSpotMessaging.Sandbox.Display;

/// <summary>A table that grows while the commands travel, with each of them in it.</summary>
internal sealed class LiveTable(IAnsiConsole console, TimeProvider time) : IDisplay
{
    private const int RoomForCommands = 140;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public async Task ShowAsync(Scoreboard board, Task work)
    {
        await console.Live(Render(board)).AutoClear(true).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Top).StartAsync(async live =>
        {
            while (!work.IsCompleted)
            {
                live.UpdateTarget(Render(board));
                await Task.WhenAny(work, Task.Delay(Interval, time));
            }
        });

        console.Write(Render(board)); // The whole of it, of which the screen may have had room for the end only.
        await work;
    }

    private Table Render(Scoreboard board)
    {
        var table = new Table().Expand().Border(TableBorder.Rounded).BorderColor(Color.Grey)
            .AddColumn(new TableColumn("").Width(1))
            .AddColumn("What it shows")
            .AddColumn("HubSpot answered")
            .AddColumn("What came of it");
        foreach (var delivered in board.WorthTelling())
            table.AddRow(
                Mark(delivered),
                Title(delivered.Sample),
                new Text(delivered.Answers, Color.Grey),
                What(delivered));
        foreach (var (sample, answers) in board.UnderWay)
            table.AddRow(new Markup("[yellow]…[/]"), Title(sample), new Text(answers, Color.Grey), new Text("on its way", Color.Yellow));
        return table;
    }

    /// <summary>With the command where there is room for it.</summary>
    private Text Title(Sample sample) => new(console.Profile.Width < RoomForCommands ? sample.Title : $"{sample.Title} ({sample.Type})");

    private static Text Mark(Delivered delivered) => delivered switch
    {
        { IsAsDeclared: false } => new("✗", Color.Red),
        { IsRefusedUndeclared: true } => new("!", Color.Orange1),
        _ => new("✓", Color.Green),
    };

    private static Paragraph What(Delivered delivered)
    {
        var paragraph = new Paragraph();
        if (delivered.Outcome is { } outcome)
            paragraph.Append(outcome.Event, ColorOf(outcome)).Append($" {outcome.Detail}");
        if (delivered.Difference is { } difference)
            paragraph.Append($" ({difference})", Color.Red);
        return paragraph;
    }

    private static Color ColorOf(Outcome outcome) => outcome.IsRejection ? Color.Orange1 : Color.Green;
}
