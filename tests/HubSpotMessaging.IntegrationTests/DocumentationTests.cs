using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>What the documents call proven is proven.</summary>
public sealed partial class DocumentationTests
{
    /// <summary>By PackageTests.</summary>
    private static readonly string[] CompiledAgainstTheirPackages =
        ["contracts/README.md", "src/HubSpotMessaging.HubSpot/README.md", "src/HubSpotMessaging.Publisher/README.md"];

    [Fact]
    public void Each_test_that_a_document_names_is_there()
    {
        var docs = new FileInfo(Repository.Find("docs/authorization.md")).Directory!;
        var tests = new DirectoryInfo(Path.Combine(docs.Parent!.FullName, "tests"));
        var sources = string.Concat(tests.EnumerateFiles("*Tests.cs", SearchOption.AllDirectories).Select(file => File.ReadAllText(file.FullName)));
        var named = docs.EnumerateFiles("*.md")
            .SelectMany(file => NameOfATest().Matches(File.ReadAllText(file.FullName)))
            .Select(match => match.Value.Trim('`'))
            .Distinct()
            .ToList();

        named.Count.ShouldBeGreaterThan(20);
        named.Where(name => !sources.Contains($" {name}(", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void The_table_of_what_follows_each_answer_is_the_one_that_the_service_goes_by()
    {
        var rows = File.ReadLines(Repository.Find("docs/delivery.md"))
            .SkipWhile(line => line != "## What follows each answer")
            .SkipWhile(line => !line.StartsWith("| ---", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1])
            .ToList();

        rows.Select(row => row[1]).ShouldBe(DeliveryPolicy.Rules.Select(Condition));
        foreach (var (row, rule) in rows.Zip(DeliveryPolicy.Rules))
        {
            row[3].ShouldStartWith(Consequence(rule.Reaction), customMessage: row[1]);
            row[3].Contains("judged if it goes on", StringComparison.Ordinal).ShouldBe(rule.Limit(Tolerance.OfBatch) < int.MaxValue, row[1]);
            row[3].Contains("a sign that HubSpot is down", StringComparison.Ordinal).ShouldBe(rule.Sign == Sign.Down, row[1]);
            NameOfATest().IsMatch(row[4]).ShouldBeTrue(row[1]);
        }
    }

    [Fact]
    public void Each_link_leads_to_a_file_and_a_heading_that_are_there()
    {
        var documents = MarkdownFile.All();

        documents.Count.ShouldBeGreaterThan(10);
        documents.SelectMany(document => document.DeadLinks()).ShouldBeEmpty();
    }

    [Fact]
    public void Each_snippet_of_json_can_be_parsed()
    {
        var snippets = MarkdownFile.All().SelectMany(document => document.Snippets("json")).ToList();

        snippets.ShouldNotBeEmpty();
        foreach (var snippet in snippets)
            Should.NotThrow(() => JsonDocument.Parse(snippet.TrimStart().StartsWith('"') ? $"{{{snippet}}}" : snippet), snippet);
    }

    [Fact]
    public void Each_snippet_of_csharp_stands_in_a_file_that_is_compiled()
    {
        var compiled = Parts(File.ReadAllText(Repository.Find("tests/HubSpotMessaging.IntegrationTests/DocumentationSnippets.cs")));
        var snippets = MarkdownFile.All()
            .Where(document => !CompiledAgainstTheirPackages.Contains(document.Path))
            .SelectMany(document => document.Snippets("csharp"))
            .ToList();

        snippets.ShouldNotBeEmpty();
        foreach (var part in snippets.SelectMany(Parts))
            compiled.ShouldContain(each => each.Contains(part, StringComparison.Ordinal), part);

        // What stands between comments, however it is indented.
        static IEnumerable<string> Parts(string code) => Comment().Split(code)
            .Select(part => string.Join('\n', part.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !Import().IsMatch(line))))
            .Where(part => part.Length > 0);
    }

    [Fact]
    public void Each_key_in_Redis_is_told_of()
    {
        var sources = new FileInfo(Repository.Find("HubSpotMessaging.sln")).Directory!.GetDirectories("src").Single();
        var keys = ((string[])["HubSpotMessaging.HubSpot", "HubSpotMessaging.Service"])
            .SelectMany(project => new DirectoryInfo(Path.Combine(sources.FullName, project)).EnumerateFiles("*.cs", SearchOption.AllDirectories))
            .SelectMany(file => KeyInRedis().Matches(File.ReadAllText(file.FullName)))
            .Select(match => match.Groups["key"].Value)
            .Distinct()
            .ToList();
        var told = File.ReadAllText(Repository.Find("docs/how-it-works.md"));

        keys.Count.ShouldBeGreaterThan(20);
        keys.Where(key => !told.Contains(key.EndsWith(':') ? $"`{key}" : $"`{key}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static string Condition(PolicyRule rule) => string.Join(", ", ((string?[])
    [
        $"`{rule.Kind}`",
        rule.Status?.ToString(CultureInfo.InvariantCulture),
        rule.Policy is { } policy ? $"`{policy}`" : null,
        rule.RetryAfterAtLeast is { } wait ? $"`Retry-After` {wait.TotalSeconds} s or more" : null,
    ]).OfType<string>());

    private static string Consequence(Reaction reaction) => reaction switch
    {
        Reaction.Judge => "judged",
        Reaction.Again => "again with the next permit",
        Reaction.AgainAfter { AtLeast.Ticks: > 0 } again => $"again after {again.AtLeast.TotalSeconds} s or more",
        Reaction.AgainAfter => "again after a while",
        Reaction.Postpone => "back to its queue",
        Reaction.PauseLine pause => $"all pause (`{pause.Reason}`)",
        _ => throw new ArgumentOutOfRangeException(nameof(reaction)),
    };

    [GeneratedRegex("`(?=[^`]*[a-z])[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){3,}`", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NameOfATest();

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^using [\w.]+;$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Import();

    [GeneratedRegex("\"(?<key>hubspot:[a-z:-]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex KeyInRedis();
}
