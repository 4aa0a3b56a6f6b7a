using System.Text.RegularExpressions;
using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>Nothing is left for later: no marks in code or documents.</summary>
internal sealed partial class LeftoverRule : IRule
{
    // Written in two parts, so that this file does not break its own rule.
    private static readonly string Example = "TO" + "DO";

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", $"// {Example}: later")),
        SourceTree.Of(("docs/a.md", "It works, for" + " now.")),
        SourceTree.Of(("src/Client/A.cs", "class A { void M() => throw new NotImplemented" + "Exception(); }")),
        SourceTree.Of((".ci/run", "# FIX" + "ME")),
    ];

    public IEnumerable<SourceTree> Good => [SourceTree.Of(("src/Client/A.cs", "// It waits for nowhere to go."))];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.Files
        from line in file.Lines.Index()
        let mark = Marks().Match(line.Item)
        where mark.Success
        select file.AtLine(line.Index + 1, $"\"{mark.Value}\" is left over");

    [GeneratedRegex(@"\b(TO(?:DO)|FIX(?:ME)|HA(?:CK)|XX(?:X)|for (?:now)\b(?! on)|NotImplemented(?:Exception))\b")]
    private static partial Regex Marks();
}
