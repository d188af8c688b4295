using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.IntegrationTests.Contracts;

/// <summary>Programs in other languages, which come from folders of this repository.</summary>
internal static class Programs
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4); // npm may have to download.

    /// <summary>Runs a script with Node.js, with the packages that its folder asks for.</summary>
    public static async Task<(int ExitCode, string Output)> NodeAsync(string script, string[] arguments, string? rabbitMq = null)
    {
        await InstallPackagesAsync(Path.GetDirectoryName(script)!);
        return await RunAsync("node", [script, .. arguments], rabbitMq);
    }

    /// <summary>Runs what a document shows, as if it were a script in a folder.</summary>
    public static async Task<(int ExitCode, string Output)> EvaluateNodeAsync(string code, string folder)
    {
        await InstallPackagesAsync(folder);
        return await RunAsync("node", ["--input-type=module", "--eval", code], folder: folder);
    }

    /// <summary>Starts a script with Node.js, with the packages that its folder asks for.</summary>
    public static async Task<ChildProcess> StartNodeAsync(string script, string rabbitMq)
    {
        await InstallPackagesAsync(Path.GetDirectoryName(script)!);
        return Start("node", [script], Path.GetDirectoryName(script)!, rabbitMq);
    }

    /// <summary>Runs a script with a Python that has pika.</summary>
    public static async Task<(int ExitCode, string Output)> PythonAsync(string script, string[] arguments, string? rabbitMq = null)
    {
        foreach (var python in (string[])["python3", "/usr/bin/python3"]) // The first may be one of somebody's own, beside that of the system.
            if ((await RunAsync(python, ["-c", "import pika"])).ExitCode == 0)
                return await RunAsync(python, [script, .. arguments], rabbitMq);
        throw new InvalidOperationException("There is no Python with pika here: apt-get install python3-pika, or pip install pika.");
    }

    private static async Task InstallPackagesAsync(string folder)
    {
        if (await RunAsync("npm", ["--version"]) is { ExitCode: not 0 })
            throw new InvalidOperationException("There is no Node.js with npm here: apt-get install nodejs npm.");

        // npm notes what it installed, so a note older than the wishes means that it is out of date.
        var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        if (installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json")))
            return;

        await using var npm = Start("npm", ["ci", "--no-audit", "--no-fund"], folder);
        (await npm.Exited.WaitAsync(Patience, TimeProvider.System)).ShouldBe(0, npm.Output.ToString());
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, string? rabbitMq = null, string? folder = null)
    {
        await using var process = Start(program, arguments, folder ?? AppContext.BaseDirectory, rabbitMq);
        return (await process.Exited.WaitAsync(Patience, TimeProvider.System), process.Output.ToString());
    }

    private static ChildProcess Start(string program, string[] arguments, string folder, string? rabbitMq = null)
    {
        var environment = ChildProcess.EnvironmentWithout("RABBITMQ_URI");
        if (rabbitMq is not null)
            environment["RABBITMQ_URI"] = rabbitMq;
        return ChildProcess.Start(program, arguments, environment, folder);
    }
}
