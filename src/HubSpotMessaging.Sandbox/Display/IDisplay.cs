using HubSpotMessaging.Sandbox.Delivery;
using Spectre.Console;

namespace HubSpotMessaging.Sandbox.Display;

/// <summary>Shows how commands fare.</summary>
internal interface IDisplay
{
    /// <summary>The fitting one: for a terminal or a log, and for few or many.</summary>
    static IDisplay For(Scoreboard board, IAnsiConsole console) => Console.IsOutputRedirected
        ? new Lines(Console.Out, TimeProvider.System)
        : board.TellsOfEach ? new LiveTable(console, TimeProvider.System) : new ProgressBars(console, TimeProvider.System);

    /// <summary>Shows it until the work is done, and throws what the work threw.</summary>
    Task ShowAsync(Scoreboard board, Task work);
}
