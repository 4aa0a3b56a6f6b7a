using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>
/// Nothing waits by blocking, and nothing runs unobserved. The analyzer (BannedSymbols.txt) knows types and catches Task.Result wherever it
/// hides; this rule sees only syntax, and also that the analyzer's entries stay.
/// </summary>
internal sealed class BlockingRule : IRule
{
    private static readonly string[] BannedEntries =
    [
        "P:System.Threading.Tasks.Task`1.Result", "M:System.Threading.Tasks.Task.Wait;",
        "M:System.Runtime.CompilerServices.TaskAwaiter.GetResult", "T:System.Threading.Thread;",
    ];

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", "class A { async void M() { } }")),
        SourceTree.Of(("src/Client/A.cs", "class A { int M() => ReadAsync().Result; }")),
        SourceTree.Of(("src/Client/A.cs", "class A { void M() => _task.Wait(); }")),
        SourceTree.Of(("src/Client/A.cs", "class A { int M() => ReadAsync().GetAwaiter().GetResult(); }")),
        SourceTree.Of(("src/Client/A.cs", "class A { void M() => Thread.Sleep(5); }")),
        SourceTree.Of(("BannedSymbols.txt", "T:System.IO.File;Use IDisk")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Client/A.cs", "class A { async Task M() { await X(); } int N(Applied applied) => applied.Result; }")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        tree.Product.SelectMany(CheckAsyncVoid).Concat(tree.Product.SelectMany(CheckWaits)).Concat(CheckAnalyzer(tree));

    private static IEnumerable<Finding> CheckAsyncVoid(SourceFile file) =>
        from method in file.Nodes<MethodDeclarationSyntax>()
        where method.Modifiers.Any(SyntaxKind.AsyncKeyword) && method.ReturnType.ToString() == "void"
        select file.At(method.Identifier, "async void: its failure is nobody's");

    private static IEnumerable<Finding> CheckWaits(SourceFile file) =>
        from access in file.Nodes<MemberAccessExpressionSyntax>()
        let call = access.Parent as InvocationExpressionSyntax
        where (access.Name.Identifier.Text == "Result" && IsAsyncCall(access.Expression))
            || (access.Name.Identifier.Text == "Wait" && call is { ArgumentList.Arguments.Count: 0 })
            || (access.Name.Identifier.Text == "GetResult" && access.Expression is InvocationExpressionSyntax)
            || (access.Name.Identifier.Text == "Sleep" && access.Expression.ToString().EndsWith("Thread", StringComparison.Ordinal))
        where !OptsOut(file, access)
        select file.At(access, $"blocks a thread: {access}");

    private static bool IsAsyncCall(ExpressionSyntax expression) =>
        expression is InvocationExpressionSyntax call && call.Expression.ToString().EndsWith("Async", StringComparison.Ordinal);

    // The analyzer's pragma, whose reason another rule demands.
    private static bool OptsOut(SourceFile file, SyntaxNode node)
    {
        var line = node.GetLocation().GetLineSpan().StartLinePosition.Line;
        return line > 0 && file.Lines[line - 1].Contains("#pragma warning disable RS0030", StringComparison.Ordinal);
    }

    private static IEnumerable<Finding> CheckAnalyzer(SourceTree tree) =>
        from file in tree.Files
        where file.Path == "BannedSymbols.txt"
        from entry in BannedEntries
        where !file.Text.Contains(entry, StringComparison.Ordinal)
        select file.AtLine(1, $"{entry} is not banned any more");
}
