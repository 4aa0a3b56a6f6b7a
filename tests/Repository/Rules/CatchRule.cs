using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>Errors are caught by kind; everything is caught only at the edges of a process; nothing is swallowed.</summary>
internal sealed class CatchRule : IRule
{
    // Where everything may be caught, and why there.
    private static readonly (string Path, string Reason)[] CatchAllPlaces =
    [
        ("src/Workers/WorkerLoop.cs", "a failed unit of background work is logged and tried again"),
        ("src/MetaServer/Services/", "the RPC edge: whatever escapes becomes a typed error for the caller"),
        ("src/ChunkServer/Services/", "the RPC edge"),
        ("src/Cli/Program.cs", "the end of the process: one line and exit code 1"),
    ];

    public IEnumerable<SourceTree> Bad =>
    [
        Method("try { X(); } catch { Y(); }"),
        Method("try { X(); } catch (Exception error) { Log(error); }"),
        Method("try { X(); } catch (System.Exception) { throw; Y(); }"),
        Method("try { X(); } catch (IOException) { }"),
        Method("try { X(); } catch (Exception e) when (Note(e)) { Y(); } } bool Note(Exception e) => true; void Z() {"),
        SourceTree.Of(("src/Cli/Program.cs", "class A { void M() { try { X(); } catch (Exception) { } } }")),
        WithKinds("true"),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        Method("try { X(); } catch (IOException) { Y(); }"),
        Method("try { X(); } catch (Exception error) when (error is IOException or TimeoutException) { Y(); }"),
        Method("try { X(); } catch { Clean(); throw; }"),
        Method("try { X(); } catch (Exception e) when (IsOurs(e)) { Y(); } } bool IsOurs(Exception e) => e is IOException; void Z() {"),
        Method("try { X(); } catch (OperationCanceledException)\n{\n// The caller has gone.\n}"),
        SourceTree.Of(("src/Cli/Program.cs", "class A { void M() { try { X(); } catch (Exception e) { Print(e); } } }")),
        WithKinds("error is IOException"),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) => tree.Product.SelectMany(file => CheckFile(file, tree));

    private static IEnumerable<Finding> CheckFile(SourceFile file, SourceTree tree)
    {
        foreach (var clause in file.Nodes<CatchClauseSyntax>())
        {
            if (IsEmpty(clause, tree))
            {
                yield return file.At(clause, "an empty catch block");
            }
            else if (CatchesEverything(clause, tree) && !Rethrows(clause) && !CatchAllPlaces.Any(place => IsAt(file, place.Path)))
            {
                yield return file.At(clause, "catches everything, outside the places where that is right");
            }
        }
    }

    private static bool IsAt(SourceFile file, string place) =>
        place.EndsWith('/') ? file.Path.StartsWith(place, StringComparison.Ordinal) : file.Path == place;

    /// <summary>Without statements, and without a comment that says why nothing needs doing for this kind of error.</summary>
    private static bool IsEmpty(CatchClauseSyntax clause, SourceTree tree)
    {
        var hasComment = clause.Block.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia));
        return clause.Block.Statements.Count == 0 && (!hasComment || CatchesEverything(clause, tree));
    }

    private static bool CatchesEverything(CatchClauseSyntax clause, SourceTree tree)
    {
        var type = clause.Declaration?.Type.ToString();
        return (type is null or "Exception" or "System.Exception") && !NarrowsByType(clause.Filter, tree);
    }

    /// <summary>
    /// "when (error is A or B)" names kinds, and so may a method, of this file or of another type; "when (error is not A)" still catches
    /// nearly everything.
    /// </summary>
    private static bool NarrowsByType(CatchFilterClauseSyntax? filter, SourceTree tree)
    {
        if (filter?.FilterExpression is not { } expression)
        {
            return false;
        }

        var called =
            expression.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>().Select(call => call.Expression.ToString()).ToList();
        var methods = filter.SyntaxTree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>()
            .Where(method => called.Contains(method.Identifier.Text, StringComparer.Ordinal));
        var elsewhere = tree.Product.SelectMany(file => file.Nodes<MethodDeclarationSyntax>()).Where(method =>
            method.Parent is TypeDeclarationSyntax type && called.Contains($"{type.Identifier.Text}.{method.Identifier.Text}"));
        return methods.Concat(elsewhere).Prepend<SyntaxNode>(expression).Any(NamesTypes);
    }

    private static bool NamesTypes(SyntaxNode node) =>
        node.DescendantNodesAndSelf().Any(test =>
            test is IsPatternExpressionSyntax { Pattern: not UnaryPatternSyntax } || test.IsKind(SyntaxKind.IsExpression));

    private static bool Rethrows(CatchClauseSyntax clause) =>
        clause.Block.Statements.LastOrDefault() is ThrowStatementSyntax { Expression: null };

    private static SourceTree Method(string body) => SourceTree.Of(("src/Client/A.cs", $"class A {{ void M() {{ {body} }} }}"));

    private static SourceTree WithKinds(string test) => SourceTree.Of(
        ("src/Client/A.cs", "class A { void M() { try { X(); } catch (Exception error) when (Kinds.AreOurs(error)) { Y(); } } }"),
        ("src/Client/Kinds.cs", $"static class Kinds {{ public static bool AreOurs(Exception error) => {test}; }}"));
}
