using HubSpotMessaging.Sandbox.Delivery;
using Spectre.Console;

namespace HubSpotMessaging.Sandbox.Display;

/// <summary>A bar for many commands: how many are done, how fast, and how long it will take.</summary>
internal sealed class ProgressBars(IAnsiConsole console, TimeProvider time) : IDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public Task ShowAsync(Scoreboard board, Task work) => console.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
        .StartAsync(async progress =>
        {
            var started = time.GetTimestamp();
            var bar = progress.AddTask("Sending", maxValue: board.Total);
            do
            {
                await Task.WhenAny(work, Task.Delay(Interval, time));
                bar.Description = Describe(board, time.GetElapsedTime(started));
                bar.Value = board.Ended;
            }
            while (!work.IsCompleted);
            await work;
        });

    private static string Describe(Scoreboard board, TimeSpan elapsed)
    {
        var (ended, asDeclared) = (board.Ended, board.AsDeclared);
        return $"{ended:N0} of {board.Total:N0}, {ended / elapsed.TotalSeconds:N0} a second{(ended > asDeclared ? $", {ended - asDeclared:N0} not as declared" : "")}";
    }
}
