using System.Text.RegularExpressions;
using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>Documents name files that exist: a link or a path in backquotes leads somewhere.</summary>
internal sealed partial class DocumentLinkRule : IRule
{
    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("docs/a.md", "See [b](b.md).")),
        SourceTree.Of(("README.md", "See `src/Client/Gone.cs`.")),
        SourceTree.Of(("README.md", "See `tests/Gone/`.")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("docs/a.md", "[b](b.md), [c](../README.md#top), [d](https://host/x)"), ("docs/b.md", ""), ("README.md", "")),
        SourceTree.Of(("README.md", "See `src/Client/` and `src/<Project>/`."), ("src/Client/A.cs", "")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree)
    {
        var known = tree.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in tree.Files.Select(file => file.Folder).ToList())
        {
            known.UnionWith(folder.Split('/').Index().Select(part => string.Join('/', folder.Split('/').Take(part.Index + 1))));
        }

        return
            from file in tree.Files
            where file.Path.EndsWith(".md", StringComparison.Ordinal)
            from line in file.Lines.Index()
            from target in Targets(file, line.Item)
            where !known.Contains(target)
            select file.AtLine(line.Index + 1, $"{target} does not exist");
    }

    private static IEnumerable<string> Targets(SourceFile file, string line)
    {
        foreach (Match link in Links().Matches(line))
        {
            var target = link.Groups[1].Value.Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            {
                yield return Resolve(file.Folder, target);
            }
        }

        foreach (Match path in Paths().Matches(line))
        {
            yield return path.Groups[1].Value.TrimEnd('/');
        }
    }

    private static string Resolve(string folder, string target)
    {
        var parts = new List<string>(folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("." or ".."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"`((?:src|tests|protos|docs|bench|\.ci)/[A-Za-z0-9_./-]*)`")]
    private static partial Regex Paths();
}
