using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>No #region, and partial only where a generator fills in a member: a class too big for one file is two classes.</summary>
internal sealed class PartialRule : IRule
{
    private static readonly string[] Generators = ["LoggerMessage", "LibraryImport", "GeneratedRegex", "JsonSerializable"];

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", "#region a\nclass A;\n#endregion")),
        SourceTree.Of(("src/Client/A.cs", "partial class A { void M() { } }")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Client/A.cs", "partial class A { [LoggerMessage(Message = \"m\")] partial void M(); }")),
        SourceTree.Of(("src/Client/A.cs", "partial class A { partial class B { [GeneratedRegex(\"m\")] partial void M(); } }")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree)
    {
        var regions =
            from file in tree.CSharp
            from line in file.Lines.Index()
            where line.Item.TrimStart().StartsWith("#region", StringComparison.Ordinal)
            select file.AtLine(line.Index + 1, "#region: split the file instead");
        var partials =
            from file in tree.CSharp
            from type in file.Nodes<TypeDeclarationSyntax>()
            where type.Modifiers.Any(SyntaxKind.PartialKeyword) && !IsGenerated(type)
            select file.At(type.Identifier, $"{type.Identifier.Text} is partial without a generated member");
        return regions.Concat(partials);
    }

    private static bool IsGenerated(TypeDeclarationSyntax type) =>
        type.DescendantNodesAndSelf().OfType<AttributeSyntax>().Any(attribute =>
            Generators.Any(name => attribute.Name.ToString().StartsWith(name, StringComparison.Ordinal)));
}
