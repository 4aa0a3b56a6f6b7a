using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>A method has at most 60 lines, counted from its first line to its last brace.</summary>
internal sealed class MethodLengthRule : IRule
{
    private const int LinesMax = 60;

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", $"class A {{ void M()\n{{{new string('\n', LinesMax)}}} }}")),
        SourceTree.Of(("src/Client/A.cs", $"class A {{ int P {{ get\n{{{new string('\n', LinesMax)}return 1; }} }} }}")),
        SourceTree.Of(("src/Client/A.cs", $"class A {{ void M() {{ int F()\n{{{new string('\n', LinesMax)}return 1; }} }} }}")),
    ];

    public IEnumerable<SourceTree> Good =>
        [SourceTree.Of(("src/Client/A.cs", $"class A {{ void M()\n{{{new string('\n', LinesMax - 2)}}} }}"))];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.CSharp
        from node in file.Nodes<SyntaxNode>()
        where node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
            or PropertyDeclarationSyntax { ExpressionBody: not null }
        let lines = CountLines(node)
        where lines > LinesMax
        select file.At(node, $"{lines} lines in one method (at most {LinesMax})");

    private static int CountLines(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
