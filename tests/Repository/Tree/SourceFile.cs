using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Tree;

/// <summary>One text file of the repository; the path is relative, with '/' between components.</summary>
internal sealed class SourceFile(string path, string text)
{
    private static readonly CSharpParseOptions ParseOptions = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    private readonly Lazy<CompilationUnitSyntax> _root = new(() => CSharpSyntaxTree.ParseText(text, ParseOptions).GetCompilationUnitRoot());

    private readonly Lazy<string[]> _lines = new(() => text.Split('\n'));

    public string Path { get; } = path;

    public string Text { get; } = text;

    public IReadOnlyList<string> Lines => _lines.Value;

    public CompilationUnitSyntax Root => _root.Value;

    public bool IsProduct => Path.StartsWith("src/", StringComparison.Ordinal);

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>The folder, without a trailing '/'.</summary>
    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    /// <summary>The product project a file below src/ belongs to.</summary>
    public string Project => IsProduct ? Path.Split('/')[1] : "";

    public Finding At(SyntaxNode node, string what) => At(node.GetLocation(), what);

    public Finding At(SyntaxToken token, string what) => At(token.GetLocation(), what);

    public Finding AtLine(int line, string what) => new(Path, line, what);

    public IEnumerable<T> Nodes<T>()
        where T : SyntaxNode => Root.DescendantNodes(descendIntoTrivia: false).OfType<T>();

    private Finding At(Location location, string what) => new(Path, location.GetLineSpan().StartLinePosition.Line + 1, what);
}

/// <summary>A place that breaks a rule.</summary>
internal sealed record Finding(string Path, int Line, string What)
{
    public override string ToString() => $"{Path}:{Line}: {What}";
}
