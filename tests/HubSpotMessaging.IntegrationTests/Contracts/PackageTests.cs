using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using HubSpotMessaging.Testing;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.IntegrationTests.Contracts;

/// <summary>The packages have in them what whoever installs them needs, and the programs of their READMEs compile against them.</summary>
public sealed partial class PackageTests : IAsyncLifetime
{
    private static readonly string Root = Path.GetDirectoryName(Repository.Find("HubSpotMessaging.sln"))!;

    /// <summary>Each with its folder, and the packages of other people that it brings along.</summary>
    private static readonly (string Id, string Folder, string[] Dependencies)[] Packages =
    [
        ("HubSpotMessaging.Contracts", "contracts", []),
        ("HubSpotMessaging.HubSpot", "src/HubSpotMessaging.HubSpot", ["Polly.Core", "Refit", "Refit.HttpClientFactory", "StackExchange.Redis"]),
        ("HubSpotMessaging.Publisher", "src/HubSpotMessaging.Publisher", ["HubSpotMessaging.Contracts", "MassTransit.RabbitMQ"]),
    ];

    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("packages-");

    public async ValueTask InitializeAsync()
    {
        var configuration = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).Parent!.Name;
        foreach (var (id, folder, _) in Packages)
            await DotnetAsync("pack", Path.Combine(Root, folder, $"{id}.csproj"), "--no-build", "-c", configuration, "-o", _scratch.FullName);
    }

    public ValueTask DisposeAsync()
    {
        _scratch.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Packages_are_complete_and_the_programs_of_their_READMEs_compile_against_them()
    {
        _scratch.GetFiles("*.nupkg").Length.ShouldBe(Packages.Length);
        foreach (var (id, folder, dependencies) in Packages)
        {
            await using var package = await ZipFile.OpenReadAsync(_scratch.GetFiles($"{id}.*.nupkg").Single().FullName);
            var files = package.Entries.Select(entry => entry.FullName).ToList();
            files.ShouldContain("README.md");
            files.ShouldContain($"lib/net10.0/{id}.dll");
            files.ShouldContain($"lib/net10.0/{id}.xml");
            if (id == "HubSpotMessaging.Contracts")
                new DirectoryInfo(Path.Combine(Root, folder, "schemas")).GetFiles().Select(file => $"contracts/schemas/{file.Name}").Append("contracts/asyncapi.yaml").ShouldBeSubsetOf(files);

            var specification = XDocument.Load(await package.Entries.Single(entry => entry.FullName == $"{id}.nuspec").OpenAsync());
            string? Text(string name) => specification.Descendants().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
            Text("license").ShouldBe("Apache-2.0");
            Text("description").ShouldNotBeNullOrWhiteSpace();
            Text("tags").ShouldNotBeNullOrWhiteSpace();
            Text("readme").ShouldBe("README.md");
            specification.Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => (string)element.Attribute("id")!)
                .ShouldBe(dependencies, ignoreOrder: true);
        }

        await CompileAsync();
    }

    /// <summary>In a new project that knows the packages and nothing else of this repository. What they bring along has been restored for these tests.</summary>
    private async Task CompileAsync()
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var project = _scratch.CreateSubdirectory("consumer");
        var version = FileVersion().Match(_scratch.GetFiles("HubSpotMessaging.Contracts.*.nupkg").Single().Name).Value;
        await File.WriteAllTextAsync(Path.Combine(project.FullName, "consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <OutputType>Library</OutputType>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>{_scratch.FullName}/restored</RestorePackagesPath>
                <RestoreSources>{_scratch.FullName};{cache}</RestoreSources>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(Packages.Select(package => $"""<PackageReference Include="{package.Id}" Version="{version}" />"""))}
              </ItemGroup>
            </Project>
            """);
        var programs = Packages.SelectMany(package => Program().Matches(File.ReadAllText(Path.Combine(Root, package.Folder, "README.md"))))
            .Select(match => match.Groups["program"].Value).ToList();
        programs.Count.ShouldBe(4);
        foreach (var (index, program) in programs.Index())
            await File.WriteAllTextAsync(Path.Combine(project.FullName, $"Program{index}.cs"), AsClass(program, index));

        await DotnetAsync("build", project.FullName, "-v", "quiet", "-warnaserror", "-p:UseSharedCompilation=false", "-nodeReuse:false");
    }

    /// <summary>A project has one program only: of the others the statements become a method.</summary>
    private static string AsClass(string program, int index)
    {
        var lines = program.Split('\n');
        var usings = lines.TakeWhile(line => line.Length == 0 || line.StartsWith("using ", StringComparison.Ordinal)).ToList();
        var types = lines.SkipWhile(line => !TypeDeclaration().IsMatch(line)).ToList();
        var statements = lines[usings.Count..^types.Count];
        return $$"""
            {{string.Join('\n', usings)}}
            namespace Program{{index}};
            {{string.Join('\n', types)}}
            static class Program
            {
                static void Main(string[] args)
                {
                    {{string.Join('\n', statements)}}
                }
            }
            """;
    }

    private async Task DotnetAsync(params string[] arguments)
    {
        var environment = ChildProcess.EnvironmentWithout("MSBUILD");
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["DOTNET_NOLOGO"] = "1";
        await using var dotnet = ChildProcess.Start("dotnet", arguments, environment, _scratch.FullName);
        (await dotnet.Exited.WaitAsync(TimeSpan.FromMinutes(3), TimeProvider.System)).ShouldBe(0, dotnet.Output.ToString());
    }

    [GeneratedRegex(@"^```csharp\n(?<program>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Program();

    [GeneratedRegex("^(?:class|record) ", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\d.*(?=\.nupkg)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FileVersion();
}
