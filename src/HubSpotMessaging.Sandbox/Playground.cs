using HubSpotMessaging.Sandbox.Delivery;
using HubSpotMessaging.Sandbox.Display;
using HubSpotMessaging.Sandbox.Samples;
using Spectre.Console;

namespace HubSpotMessaging.Sandbox;

/// <summary>Sends what a person types, a command a line, until they have had enough.</summary>
internal sealed class Playground(SandboxHost sandbox, Courier courier, IAnsiConsole console)
{
    private const string Example = """{"command":"SyncContact","message":{"email":"you@example.com","properties":{"firstname":"You"}}}""";

    public async Task PlayAsync()
    {
        console.WriteLine();
        console.WriteLine($"Everything stays up until Ctrl-C. Look at {sandbox.HubSpotPage}, let it fail, or type a command, such as");
        console.WriteLine(Example);
        try
        {
            for (var number = 1; await ReadLineAsync() is { } line;)
                if (!string.IsNullOrWhiteSpace(line) && await TryAsync(line, number))
                    number++;

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, sandbox.Stopping); // Nobody types; somebody may look.
        }
        catch (OperationCanceledException) when (sandbox.Stopping.IsCancellationRequested)
        {
            // Had enough.
        }
    }

    /// <summary>A console has no way to read that can be given up: the thread that reads ends with the process.</summary>
    private Task<string?> ReadLineAsync() => Task.Run(Console.In.ReadLine).WaitAsync(sandbox.Stopping);

    private async Task<bool> TryAsync(string line, int number)
    {
        try
        {
            var sample = SampleFile.Parse(line, $"typed-{number}");
            var board = new Scoreboard(1);
            await IDisplay.For(board, console).ShowAsync(board, courier.DeliverAsync([sample], board, new Ledger(), sandbox.Stopping));
            return true;
        }
        catch (FormatException exception)
        {
            console.WriteLine($"{exception.Message} A command is a line such as");
            console.WriteLine(Example);
            return false;
        }
    }
}
