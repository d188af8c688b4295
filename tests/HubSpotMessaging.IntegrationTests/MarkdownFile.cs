using System.Text.RegularExpressions;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests;

/// <summary>A document of the repository: its links, its headings as GitHub names them, and its snippets.</summary>
internal sealed partial class MarkdownFile
{
    private static readonly DirectoryInfo Root = new FileInfo(Repository.Find("HubSpotMessaging.sln")).Directory!;
    private static readonly string[] NotOurs = ["bin", "obj", "node_modules"];

    private readonly FileInfo _file;
    private readonly List<string> _lines = [];
    private readonly List<(string Language, string Text)> _snippets = [];

    private MarkdownFile(FileInfo file)
    {
        _file = file;
        (string Language, List<string> Lines)? snippet = null;
        foreach (var line in File.ReadLines(file.FullName))
        {
            if (!line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                (snippet?.Lines ?? _lines).Add(line);
            }
            else if (snippet is { } ended)
            {
                _snippets.Add((ended.Language, string.Join('\n', ended.Lines)));
                snippet = null;
            }
            else
            {
                snippet = (line.Trim().TrimStart('`'), []);
            }
        }
    }

    /// <summary>All documents of the repository.</summary>
    public static IReadOnlyList<MarkdownFile> All() => [.. In(Root).Select(file => new MarkdownFile(file))];

    /// <summary>Where it stands in the repository.</summary>
    public string Path => System.IO.Path.GetRelativePath(Root.FullName, _file.FullName);

    /// <summary>The snippets in a language.</summary>
    public IEnumerable<string> Snippets(string language) => _snippets.Where(snippet => snippet.Language == language).Select(snippet => snippet.Text);

    /// <summary>The links within the repository that lead nowhere, and the references that are not defined.</summary>
    public IEnumerable<string> DeadLinks()
    {
        var text = string.Join('\n', _lines);
        var definitions = Definition().Matches(text).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["target"].Value);
        return Link().Matches(text).Select(match => match.Groups["target"].Value)
            .Concat(definitions.Values)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal) && !Leads(target))
            .Concat(Reference().Matches(text).Select(match => match.Groups["name"].Value).Where(name => !definitions.ContainsKey(name)))
            .Select(target => $"{Path}: {target}");
    }

    private static IEnumerable<FileInfo> In(DirectoryInfo folder) => folder.EnumerateFiles("*.md").Concat(
        folder.EnumerateDirectories().Where(child => !child.Name.StartsWith('.') && !NotOurs.Contains(child.Name)).SelectMany(In));

    private bool Leads(string target)
    {
        var (path, anchor) = target.Split('#', 2) is [var before, var after] ? (before, after) : (target, null);
        var file = path.Length == 0 ? _file.FullName : System.IO.Path.GetFullPath(System.IO.Path.Combine(_file.DirectoryName!, path));
        return anchor is null ? File.Exists(file) || Directory.Exists(file) : File.Exists(file) && new MarkdownFile(new(file)).Anchors().Contains(anchor);
    }

    /// <summary>Lower case, without punctuation, with hyphens for blanks; of equal ones the later are numbered.</summary>
    private HashSet<string> Anchors() => [.. _lines
        .Select(line => Heading().Match(line))
        .Where(match => match.Success)
        .Select(match => NoPartOfAnAnchor().Replace(match.Groups["title"].Value.Trim(), "").ToLowerInvariant().Replace(' ', '-'))
        .GroupBy(anchor => anchor)
        .SelectMany(same => same.Select((anchor, number) => number == 0 ? anchor : $"{anchor}-{number}"))];

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^\[(?<name>[^\]]+)\]:\s*(?<target>\S+)", RegexOptions.CultureInvariant | RegexOptions.Multiline, 1000)]
    private static partial Regex Definition();

    [GeneratedRegex(@"\[(?<name>`[^`\]]+`)\](?![(:])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Reference();

    [GeneratedRegex(@"^#{1,6} (?<title>.+)$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NoPartOfAnAnchor();
}
