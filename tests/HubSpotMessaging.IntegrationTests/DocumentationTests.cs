using System.Globalization;
using System.Text.RegularExpressions;
using HubSpotMessaging.HubSpot.Delivery.Calls;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>What the documents call proven is proven.</summary>
public sealed partial class DocumentationTests
{
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

    [GeneratedRegex("`[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){3,}`", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NameOfATest();
}
