using HubSpotMessaging.Sandbox.Delivery;

namespace HubSpotMessaging.Sandbox.Display;

/// <summary>A line for each command that has ended, and for many a line now and then; for logs, and where there is no terminal.</summary>
internal sealed class Lines(TextWriter output, TimeProvider time) : IDisplay
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenProgress = TimeSpan.FromSeconds(5);

    public async Task ShowAsync(Scoreboard board, Task work)
    {
        var (told, started, lastProgress) = (0, time.GetTimestamp(), time.GetTimestamp());
        for (var isLast = false; !isLast;)
        {
            await Task.WhenAny(work, Task.Delay(Interval, time));
            isLast = work.IsCompleted;
            foreach (var delivered in board.WorthTelling(told))
            {
                await output.WriteLineAsync(Line(delivered));
                told++;
            }

            if (board.TellsOfEach || (!isLast && time.GetElapsedTime(lastProgress) < BetweenProgress))
                continue;
            lastProgress = time.GetTimestamp();
            var (ended, elapsed) = (board.Ended, time.GetElapsedTime(started));
            await output.WriteLineAsync($"{ended} of {board.Total} done, {ended / elapsed.TotalSeconds:0} a second, {board.Total - ended} to go{Remaining(board.Total - ended, ended, elapsed)}");
        }

        await work;
    }

    /// <summary>A command as a line.</summary>
    public static string Line(Delivered delivered)
    {
        var answers = delivered.Answers.Length > 0 ? $" [HubSpot: {delivered.Answers}]" : "";
        var outcome = delivered.Outcome is { } known ? $"{known.Event} {known.Detail}" : "no outcome";
        var difference = delivered.Difference is { } words ? $" ({words})" : "";
        var mark = delivered switch { { IsAsDeclared: false } => "NOT", { IsRefusedUndeclared: true } => "!  ", _ => "ok " };
        return $"{mark}  {delivered.Sample.Type} \"{delivered.Sample.Title}\"{answers}: {outcome}{difference}";
    }

    private static string Remaining(int left, int ended, TimeSpan elapsed) =>
        left > 0 && ended > 0 ? $", about {TimeSpan.FromSeconds(Math.Ceiling(elapsed.TotalSeconds / ended * left)):c}" : "";
}
