using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>
/// A type of the product that no other product code names is dead; being named by tests alone does not keep it alive. Public types of the
/// SDK are for its users. A class of extension methods lives by the names of its methods.
/// </summary>
internal sealed class DeadTypeRule : IRule
{
    private static readonly (string Name, string Reason)[] UsedFromOutside =
    [
        ("MemoryStateStores", "the stores of simulations"),
        ("MemoryStateStore", "the store of simulations, held to the same conformance tests as RocksDB"),
        ("Program", "the entry point"),
    ];

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Storage/A.cs", "class A { A Next; A() { } }")),
        SourceTree.Of(("src/Storage/A.cs", "class A;"), ("tests/Storage.Tests/B.cs", "class B { A a; }")),
        SourceTree.Of(("src/Storage/A.cs", "static class A { static int M(this int x) => x; }")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Storage/A.cs", "class A;"), ("src/Hosting/Program.cs", "var a = new A();")),
        SourceTree.Of(("src/Storage/A.cs", "static class A { static int M(this int x) => x; }"), ("src/Cli/Program.cs", "1.M();")),
        SourceTree.Of(("src/Client/A.cs", "public class A;")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree)
    {
        var uses = CountNames(tree.Product.SelectMany(file => file.Root.DescendantTokens()));
        return
            from file in tree.Product
            from type in file.Nodes<BaseTypeDeclarationSyntax>()
            where !IsForUsers(file, type) && !NamesOf(type).Any(name => IsUsedOutside(type, name, uses))
            select file.At(type.Identifier, $"nothing in src names {type.Identifier.Text}");
    }

    private static bool IsForUsers(SourceFile file, BaseTypeDeclarationSyntax type) =>
        (file.Project == "Client" && type.Modifiers.Any(SyntaxKind.PublicKeyword))
        || UsedFromOutside.Any(allowed => allowed.Name == type.Identifier.Text);

    private static IEnumerable<string> NamesOf(BaseTypeDeclarationSyntax type)
    {
        var name = type.Identifier.Text;
        yield return name;
        if (name.EndsWith("Attribute", StringComparison.Ordinal))
        {
            yield return name[..^"Attribute".Length];
        }

        var extensions = type.DescendantNodes().OfType<MethodDeclarationSyntax>()
            .Where(method => method.ParameterList.Parameters.FirstOrDefault()?.Modifiers.Any(SyntaxKind.ThisKeyword) == true);
        foreach (var method in extensions)
        {
            yield return method.Identifier.Text;
        }
    }

    private static bool IsUsedOutside(BaseTypeDeclarationSyntax type, string name, Dictionary<string, int> uses) =>
        uses.GetValueOrDefault(name) > CountNames(type.DescendantTokens()).GetValueOrDefault(name);

    private static Dictionary<string, int> CountNames(IEnumerable<SyntaxToken> tokens) =>
        tokens.Where(token => token.IsKind(SyntaxKind.IdentifierToken)).CountBy(token => token.ValueText).ToDictionary();
}
