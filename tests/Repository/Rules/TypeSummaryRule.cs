using System.Text.RegularExpressions;
using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>Every type of the product says its job in one line.</summary>
internal sealed partial class TypeSummaryRule : IRule
{
    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", "class A;")),
        SourceTree.Of(("src/Client/A.cs", "// Only a remark.\nenum A { B }")),
        SourceTree.Of(("src/Client/A.cs", "/// <summary>A.</summary>\nclass A { record B; }")),
        SourceTree.Of(("src/Client/A.cs", "/// <summary> </summary>\nclass A;")),
        SourceTree.Of(("src/Client/A.cs", "delegate void A();")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Client/A.cs", "/// <summary>Its job.</summary>\n[Flags]\npublic enum A { B }")),
        SourceTree.Of(("src/Client/A.cs", "/// <inheritdoc/>\nclass A;")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.Product
        from member in file.Nodes<MemberDeclarationSyntax>()
        where member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax && !HasSummary(member)
        select file.At(member, $"no /// line: {member.ToString().Split('\n', '{', ';')[0].Trim()}");

    private static bool HasSummary(MemberDeclarationSyntax member) =>
        member.GetLeadingTrivia()
            .Where(trivia => trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia))
            .Any(trivia => trivia.ToString().Contains("inheritdoc", StringComparison.Ordinal) || Text(trivia).Any(char.IsLetter));

    private static string Text(SyntaxTrivia comment) => Tag().Replace(comment.ToString(), "");

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
