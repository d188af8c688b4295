using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.EmulatorTests;

/// <summary>HubSpot's own client for Node does not notice that this is not HubSpot.</summary>
public sealed class OfficialClientTests : EmulatorTest
{
    private static readonly string Folder = Path.Combine(Path.GetDirectoryName(ThisFile())!, "node");

    [Fact]
    public async Task Hubspots_own_client_refreshes_upserts_and_reads()
    {
        Assert.SkipUnless(await IsThereAsync("node"), "Node.js is not installed.");
        if (!IsInstalled()) await RunAsync("npm", "ci", "--no-audit", "--no-fund");
        var refreshToken = Emulator.Grant(PortalId).RefreshToken;

        var output = await RunAsync(
            "node", "script.mjs", Emulator.BaseAddress.ToString().TrimEnd('/'), ClientId, ClientSecret, refreshToken);

        var seen = JsonNode.Parse(output)!;
        seen["tokens"].ShouldMatch($$"""{"tokenType":"bearer","expiresIn":1800,"refreshToken":"{{refreshToken}}"}""");
        seen["upsert"]!["kind"]!.GetValue<string>().ShouldBe("BatchResponseSimplePublicUpsertObjectWithErrors");
        seen["upsert"]!["status"]!.GetValue<string>().ShouldBe("COMPLETE");
        seen["upsert"]!["numErrors"]!.GetValue<int>().ShouldBe(2);
        seen["upsert"]!["results"]!.AsArray().OrderBy(result => result!["trace"]!.GetValue<string>()).Select(result => result!.ToJsonString()).ShouldBe(
        [
            """{"email":"ada@example.com","trace":"row-1","isNew":true,"createdAt":true}""",
            """{"email":"grace@example.com","trace":"row-3","isNew":true,"createdAt":true}""",
        ]);
        seen["upsert"]!["errors"].ShouldMatch(
            """[{"category":"VALIDATION_ERROR","trace":"row-2"},{"category":"VALIDATION_ERROR","trace":"row-4"}]""");
        seen["read"]!["properties"]!["firstname"]!.GetValue<string>().ShouldBe("Ada");
        seen["refused"].ShouldMatch("""{"status":400,"error":"invalid_grant","legacy":"BAD_REFRESH_TOKEN"}""");
        seen["missing"].ShouldMatch("""{"status":404,"category":"OBJECT_NOT_FOUND"}""");
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    /// <summary>npm notes what it installed, so a note older than the wishes means that it is out of date.</summary>
    private static bool IsInstalled()
    {
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"));
    }

    private static async Task<bool> IsThereAsync(string program)
    {
        try
        {
            await RunAsync(program, "--version");
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() && program == "npm" ? "npm.cmd" : program, arguments)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        await using var cancellation = Cancelled.Register(() => process.Kill(entireProcessTree: true));
        var output = process.StandardOutput.ReadToEndAsync(Cancelled);
        var errors = process.StandardError.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{await output}\n{await errors}");
        return await output;
    }
}
