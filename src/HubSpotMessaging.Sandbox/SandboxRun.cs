using HubSpotMessaging.Sandbox.Delivery;
using HubSpotMessaging.Sandbox.Display;
using HubSpotMessaging.Sandbox.Samples;
using Spectre.Console;

namespace HubSpotMessaging.Sandbox;

/// <summary>Connects, sends, tells what became of it, and stays for whoever wants to try more.</summary>
internal sealed class SandboxRun(SandboxHost sandbox, SandboxOptions options, IReadOnlyList<Sample> samples)
{
    private const int Interrupted = 130; // As shells have it: 128 and the number of SIGINT.
    private const int MostDifferences = 20;
    private const int Many = 1_000;

    /// <summary>How long an outcome may take when nobody is there to give up.</summary>
    private static readonly TimeSpan OutcomeMayTake = TimeSpan.FromMinutes(5);

    private readonly IAnsiConsole _console = AnsiConsole.Console;

    public static async Task<int> RunAsync(SandboxOptions options, CancellationToken stopping)
    {
        IReadOnlyList<Sample> samples;
        try
        {
            samples = await SampleFile.ReadAsync(options.Files is { Count: > 0 } files ? files : SampleFile.Bundled());
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return SandboxCommand.WrongInput;
        }

        try
        {
            await using var sandbox = await SandboxHost.StartAsync(options, stopping);
            return sandbox is null ? 1 : await new SandboxRun(sandbox, options, samples).RunAsync();
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            Console.WriteLine("Interrupted.");
            return Interrupted;
        }
    }

    private async Task<int> RunAsync()
    {
        Say($"Service   {sandbox.Service}");
        Say($"HubSpot   {sandbox.HubSpotPage}  (an emulator: see what it holds, make it fail)");
        Say();
        sandbox.Inbox.OnConnectionLost = lost => SayAbove(
            $"The connection to HubSpot is lost ({lost.Reason}). Commands wait until you connect again: {lost.ReconnectUrl}");
        await ConnectAsync();

        var (board, ledger) = (new Scoreboard(samples.Count), new Ledger());
        var courier = new Courier(sandbox.Bus, sandbox.Inbox, sandbox.HubSpot, options.Once ? OutcomeMayTake : null);
        await IDisplay.For(board, _console).ShowAsync(board, courier.DeliverAsync(samples, board, ledger, sandbox.Stopping));
        var isAllAsDeclared = Conclude(board, ledger);
        if (!options.Once)
            await new Playground(sandbox, courier, _console).PlayAsync();
        return isAllAsDeclared ? 0 : 1;
    }

    private async Task ConnectAsync()
    {
        if (options.Auto)
        {
            await sandbox.ConnectAsync();
        }
        else
        {
            Say($"Now connect the service to HubSpot, as whoever installs it does once: open {sandbox.ConnectPage} and choose \"Connect app\".");
            await _console.Status().StartAsync("Waiting for your click (--auto would not need one)", _ => sandbox.Inbox.Connected.WaitAsync(sandbox.Stopping));
        }

        var granted = await sandbox.Inbox.Connected.WaitAsync(sandbox.Stopping);
        Say($"Connected to HubSpot account {granted.PortalId} by OAuth. Sending {Count(samples.Count, "command")}.");
        if (samples.Count > Many && !options.NoLimit)
            Say("HubSpot lets in 110 requests in ten seconds, here as there. To see how it would be without, add --no-limit.");
        Say();
    }

    private bool Conclude(Scoreboard board, Ledger ledger)
    {
        var hubSpot = sandbox.HubSpot;
        var differences = ledger.DifferencesFrom(hubSpot).ToList();
        Say();
        if (!board.TellsOfEach)
        {
            foreach (var (name, count) in board.ByEvent)
                Say($"{count,9}  {name}");
            foreach (var delivered in board.WorthTelling())
                Say(Lines.Line(delivered));
        }

        foreach (var difference in differences.Take(MostDifferences))
            Say(difference);
        if (differences.Count > MostDifferences)
            Say($"... and {differences.Count - MostDifferences} differences more.");

        Say($"{Verdict(board)}, and HubSpot {(differences.Count == 0 ? "holds exactly" : "does NOT hold")} what the outcomes tell: "
            + $"{Count(hubSpot.Contacts.Count, "contact")}, {Count(hubSpot.Enrollments.Count, "enrolment")}, {Count(hubSpot.TimelineEvents.Count, "timeline event")}.");
        return board.AsDeclared == board.Total && differences.Count == 0;
    }

    private static string Verdict(Scoreboard board) => board.Undeclared == 0
        ? $"{board.AsDeclared} of {Count(board.Total, "command")} ended as declared"
        : $"{Count(board.Total, "command")}: {board.Refused} refused, {board.Total - board.AsDeclared} not as declared";

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    private void Say(string text = "")
    {
        if (Console.IsOutputRedirected)
            Console.WriteLine(text); // Whole lines, however long.
        else
            _console.WriteLine(text);
    }

    /// <summary>In whole lines of the terminal, since it may be written over the top of a live table.</summary>
    private void SayAbove(string text)
    {
        var width = _console.Profile.Width;
        Say(Console.IsOutputRedirected ? text : text.PadRight((text.Length + width - 1) / width * width));
    }
}
