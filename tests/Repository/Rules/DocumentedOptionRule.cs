using System.Text.RegularExpressions;
using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>
/// Documents name options that exist: a literal of the CLI or of the simulator, or a described property of an options record, in kebab
/// case.
/// </summary>
internal sealed partial class DocumentedOptionRule : IRule
{
    private const string Record = "record O { [Description(\"x\")] public int ReserveBytes { get; init; } }";

    // Every command has them.
    private static readonly string[] BuiltIn = ["--help", "--version"];

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("README.md", "Say `--fast`."), ("src/Cli/A.cs", "class A { string S = \"--force\"; }")),
        SourceTree.Of(("docs/a.md", "    ./dfs x --reserve 3"), ("src/ChunkServer/O.cs", Record)),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(
            ("README.md", "Say `--force`; --reserve-bytes too."), ("src/Cli/A.cs", $"class A {{ string S = \"--force\"; }} {Record}")),
        SourceTree.Of(("README.md", "dotnet test --project x")),
        SourceTree.Of(("docs/a.md", "Say `--seed`."), ("tests/Simulation/A.cs", "class A { string S = \"--seed\"; }")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree)
    {
        var simulator = tree.CSharp.Where(file => file.Path.StartsWith("tests/Simulation/", StringComparison.Ordinal));
        var known = tree.Product.Concat(simulator).SelectMany(Literals)
            .Concat(tree.Product.SelectMany(Described)).ToHashSet(StringComparer.Ordinal);
        return
            from file in tree.Files
            where file.Path == "README.md" || (file.Folder == "docs" && file.Path.EndsWith(".md", StringComparison.Ordinal))
            from line in file.Lines.Index()
            where !line.Item.Contains("dotnet ", StringComparison.Ordinal)
            from Match option in Option().Matches(line.Item)
            where !known.Contains(option.Value) && !BuiltIn.Contains(option.Value, StringComparer.Ordinal)
            select file.AtLine(line.Index + 1, $"there is no option {option.Value}");
    }

    private static IEnumerable<string> Literals(SourceFile file) =>
        from literal in file.Nodes<LiteralExpressionSyntax>()
        where literal.Token.Value is string
        from Match option in Option().Matches(literal.Token.ValueText)
        select option.Value;

    private static IEnumerable<string> Described(SourceFile file) =>
        from property in file.Nodes<PropertyDeclarationSyntax>()
        where property.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() == "Description")
        select "--" + Humps().Replace(property.Identifier.Text, "-$1").TrimStart('-').ToLowerInvariant();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*[a-z]")]
    private static partial Regex Option();

    [GeneratedRegex("([A-Z])")]
    private static partial Regex Humps();
}
