using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>A namespace is the path of its folder, file-scoped.</summary>
internal sealed class NamespaceRule : IRule
{
    private static readonly (string Path, string Reason)[] Elsewhere =
    [
        ("src/Protocol/Errors/DfsException.cs", "users of the SDK catch it: it stands in the root namespace"),
    ];

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/Data/A.cs", "namespace DfsNet.Client; class A;")),
        SourceTree.Of(("src/Client/A.cs", "namespace DfsNet.Client { class A; }")),
        SourceTree.Of(("src/Client/A.cs", "class A;")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Client/Data/A.cs", "namespace DfsNet.Client.Data; class A;")),
        SourceTree.Of(("src/Cli/Program.cs", "return 0;")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.Product
        where !Elsewhere.Any(place => place.Path == file.Path) && file.Nodes<BaseTypeDeclarationSyntax>().Any()
        let expected = "DfsNet." + file.Folder["src/".Length..].Replace('/', '.')
        where file.Nodes<FileScopedNamespaceDeclarationSyntax>().SingleOrDefault()?.Name.ToString() != expected
        select file.AtLine(1, $"the namespace should be {expected}, file-scoped");
}
