using System.Text.RegularExpressions;
using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>Nothing names a place that exists on one machine only.</summary>
internal sealed partial class MachinePathRule : IRule
{
    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("docs/a.md", "See /wo" + "rk/main.")),
        SourceTree.Of(("src/Client/A.cs", "// \"/fa" + "rm/x\"")),
        SourceTree.Of(("docs/a.md", "cd /ho" + "me/somebody/dfs")),
    ];

    public IEnumerable<SourceTree> Good => [SourceTree.Of(("docs/a.md", "See src/work/x and https://host/workshop."))];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.Files
        from line in file.Lines.Index()
        where Places().IsMatch(line.Item)
        select file.AtLine(line.Index + 1, "a path of one machine");

    [GeneratedRegex("(^|[^A-Za-z0-9_.-])/((wo(?:rk)|fa(?:rm))/|ho(?:me)/[a-z])")]
    private static partial Regex Places();
}
