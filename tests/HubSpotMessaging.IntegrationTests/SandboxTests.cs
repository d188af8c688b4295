using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>The first command of README, which has neither RabbitMQ nor Redis.</summary>
public sealed class SandboxTests
{
    [Fact]
    public async Task The_first_steps_end_as_they_say()
    {
        await using var sandbox = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Sandbox"));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));

        (await sandbox.WaitForExitAsync(limit.Token)).ShouldBe(0, sandbox.Output);
        sandbox.Output.ShouldContain("9 of 9 commands ended as expected. HubSpot holds 2 contacts, 1 enrolments and 1 timeline events.");
    }

    [Fact]
    public async Task An_interruption_ends_it_at_once_and_without_a_crash()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, 5_000).Select(
            number => $$"""{ "command": "SyncContact", "message": { "commandId": "c-{{number}}", "email": "c{{number}}@example.com" } }"""));
        await using var sandbox = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Sandbox"), ["--file", file]);
        await sandbox.WaitForLineAsync(line => line.Contains("c-0", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));

        sandbox.Signal(2);

        (await sandbox.WaitForExitAsync(limit.Token)).ShouldBe(130);
        sandbox.Output.Contains("   at ", StringComparison.Ordinal).ShouldBeFalse(sandbox.Output);
        File.Delete(file);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--file")]
    [InlineData("--file", "/")]
    public async Task Odd_arguments_are_told(params string[] arguments)
    {
        await using var sandbox = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Sandbox"), arguments);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        (await sandbox.WaitForExitAsync(limit.Token)).ShouldBe(2, sandbox.Output);
        sandbox.Output.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"command":"Nonsense","message":{},"expect":"x"}""")]
    [InlineData("""{"command":"SyncContact","message":{"email":"ada@example.com"},"expect":"ContactSynced"}""")]
    public async Task A_bad_line_is_named(string line)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"\n{line}\n");
        await using var sandbox = ServiceProcess.Start(ServiceProcess.FindAssembly("HubSpotMessaging.Sandbox"), ["--file", file]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        (await sandbox.WaitForExitAsync(limit.Token)).ShouldBe(2);
        sandbox.Output.ShouldContain(", line 2: ");
        sandbox.Output.ShouldNotContain("   at ");
        File.Delete(file);
    }
}
