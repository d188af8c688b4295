using System.Text.RegularExpressions;
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

    [GeneratedRegex("`[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){3,}`", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NameOfATest();
}
