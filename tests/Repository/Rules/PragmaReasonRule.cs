using System.Text.RegularExpressions;
using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>A silenced warning says why, on the same line.</summary>
internal sealed partial class PragmaReasonRule : IRule
{
    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", "#pragma warning disable RS0030\nclass A;")),
        SourceTree.Of(("src/Client/A.cs", "    #pragma warning disable CA1000 //\nclass A;")),
        SourceTree.Of(("src/Client/A.cs", "[SuppressMessage(\"a\", \"b\")] class A;")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Client/A.cs", "#pragma warning disable RS0030 // the composition root\n#pragma warning restore RS0030")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.CSharp
        where !file.Path.StartsWith("tests/Repository/", StringComparison.Ordinal)
        from line in file.Lines.Index()
        where Silences().IsMatch(line.Item) && !HasReason().IsMatch(line.Item)
        select file.AtLine(line.Index + 1, "a warning is silenced without a reason on the same line");

    [GeneratedRegex(@"^\s*#pragma\s+warning\s+disable|\[(assembly: )?SuppressMessage\(")]
    private static partial Regex Silences();

    [GeneratedRegex(@"//\s*\w+\s+\w+|Justification\s*=")]
    private static partial Regex HasReason();
}
