using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>A lock says what it guards: on the line above, at the end of its line, or where its object is declared.</summary>
internal sealed class LockCommentRule : IRule
{
    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", "class A {\n void M() {\n lock (_gate)\n {\n }\n }\n}")),
        SourceTree.Of(("src/Client/A.cs", "class A {\n // far away\n\n void M() {\n x();\n\n lock (_gate)\n {\n }\n }\n}")),
        SourceTree.Of(("src/Client/A.cs", "class A {\n private readonly Lock _gate = new();\n}")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Client/A.cs", "class A {\n void M() {\n // Guards _table.\n lock (_gate)\n {\n }\n }\n}")),
        SourceTree.Of(("src/Client/A.cs", "class A {\n void M() {\n lock (_gate) // guards _table\n {\n }\n }\n}")),
        SourceTree.Of(("src/Client/A.cs", "class A {\n // Guards _x.\n Lock _gate = new();\n void M() {\n lock (_gate)\n {\n }\n }\n}")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) => tree.Product.SelectMany(CheckLocks).Concat(tree.Product.SelectMany(CheckFields));

    private static IEnumerable<Finding> CheckLocks(SourceFile file) =>
        from statement in file.Nodes<LockStatementSyntax>()
        where !HasComment(file, statement) && !DeclarationHasComment(file, statement.Expression)
        select file.At(statement, "a lock without a comment naming what it guards");

    private static IEnumerable<Finding> CheckFields(SourceFile file) =>
        from field in file.Nodes<FieldDeclarationSyntax>()
        where field.Declaration.Type is IdentifierNameSyntax { Identifier.Text: "Lock" } && !HasComment(file, field)
        select file.At(field, "a Lock without a comment naming what it guards");

    private static bool DeclarationHasComment(SourceFile file, ExpressionSyntax target) =>
        file.Nodes<MemberDeclarationSyntax>().Any(member => Declares(member, target.ToString()) && HasComment(file, member));

    private static bool Declares(MemberDeclarationSyntax member, string name) => member switch
    {
        FieldDeclarationSyntax field => field.Declaration.Variables.Any(variable => variable.Identifier.Text == name),
        PropertyDeclarationSyntax property => property.Identifier.Text == name,
        _ => false,
    };

    private static bool HasComment(SourceFile file, SyntaxNode node)
    {
        var line = node.GetLocation().GetLineSpan().StartLinePosition.Line;
        return HasComment(file.Lines[line]) || (line > 0 && HasComment(file.Lines[line - 1]));
    }

    private static bool HasComment(string line) => line.Contains("//", StringComparison.Ordinal);
}
