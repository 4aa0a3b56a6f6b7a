using System.Xml.Linq;
using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>Every package says what it is for, is used, and has its version in one place.</summary>
internal sealed class PackageRule : IRule
{
    private const string Versions = "Directory.Packages.props";

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of((Versions, VersionsOf("", "A")), ("src/X/X.csproj", ProjectOf("Include=\"A\""))),
        SourceTree.Of((Versions, VersionsOf("<!-- For x. -->", "A"))),
        SourceTree.Of((Versions, VersionsOf("<!-- For x. -->", "A")), ("src/X/X.csproj", ProjectOf("Include=\"A\" Version=\"1\""))),
    ];

    public IEnumerable<SourceTree> Good =>
        [SourceTree.Of((Versions, VersionsOf("<!-- For x. -->", "A")), ("src/X/X.csproj", ProjectOf("Include=\"A\"")))];

    public IEnumerable<Finding> Check(SourceTree tree)
    {
        var references = tree.Files
            .Where(file => Path.GetExtension(file.Path) is ".csproj" or ".props")
            .SelectMany(file => XDocument.Parse(file.Text).Descendants("PackageReference").Select(item => (File: file, Item: item)))
            .ToList();
        var used = references.Select(reference => (string?)reference.Item.Attribute("Include")).ToHashSet();
        var elsewhere = references
            .Where(reference => reference.Item.Attribute("Version") is not null)
            .Select(reference => reference.File.AtLine(1, $"a version outside {Versions}"));
        return elsewhere.Concat(tree.Files.Where(file => file.Path == Versions).SelectMany(file => CheckVersions(file, used)));
    }

    private static IEnumerable<Finding> CheckVersions(SourceFile file, HashSet<string?> used)
    {
        foreach (var group in XDocument.Parse(file.Text).Descendants("ItemGroup"))
        {
            var explained = false;
            foreach (var node in group.Nodes())
            {
                explained |= node is XComment { Value.Length: > 5 };
                if (node is not XElement { Name.LocalName: "PackageVersion" } package)
                {
                    continue;
                }

                var name = (string?)package.Attribute("Include");
                if (!explained)
                {
                    yield return file.AtLine(1, $"{name} has no comment saying what it is for");
                }

                if (!used.Contains(name))
                {
                    yield return file.AtLine(1, $"{name} is used by no project");
                }
            }
        }
    }

    private static string VersionsOf(string comment, string package) =>
        $"<Project><ItemGroup>{comment}<PackageVersion Include=\"{package}\" Version=\"1\" /></ItemGroup></Project>";

    private static string ProjectOf(string attributes) => $"<Project><ItemGroup><PackageReference {attributes} /></ItemGroup></Project>";
}
