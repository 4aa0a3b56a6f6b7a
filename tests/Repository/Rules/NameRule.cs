using DfsNet.Repository.Tree;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DfsNet.Repository.Rules;

/// <summary>Names say what a thing is, never that it is some kind of code.</summary>
internal sealed class NameRule : IRule
{
    private static readonly string[] BannedFolders =
    [
        "Common", "Core", "Util", "Utils", "Utilities", "Helper", "Helpers", "Manager", "Managers", "Interfaces", "Base", "Shared", "Misc",
        "Models", "Extensions", "Abstractions", "Implementation", "Infrastructure",
    ];

    private static readonly string[] BannedParts =
        ["Common", "Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Managers", "Misc"];

    private static readonly string[] BannedEndings = ["Base", "Core", "Impl", "Processor"];

    private static readonly (string Name, string Reason)[] Allowed =
    [
        ("ChunkDataBase", "the shape and name that generated code gives to a service's class"),
    ];

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/Util/A.cs", "class A;")),
        SourceTree.Of(("src/Client/A.cs", "class LeaseManager;")),
        SourceTree.Of(("src/Client/A.cs", "static class PathHelpers;")),
        SourceTree.Of(("src/Client/A.cs", "abstract class WorkerBase;")),
        SourceTree.Of(("src/Client/A.cs", "interface IHelper;")),
        SourceTree.Of(("src/Client/A.cs", "enum CommonKind { A }")),
    ];

    public IEnumerable<SourceTree> Good =>
    [
        SourceTree.Of(("src/Client/A.cs", "class LeaseTable; class Basement; class Commonwealth;")),
        SourceTree.Of(("src/Client/A.cs", "class Service : Chunk.ChunkBase;")),
    ];

    public IEnumerable<Finding> Check(SourceTree tree) => tree.CSharp.SelectMany(CheckFolder).Concat(tree.CSharp.SelectMany(CheckTypes));

    private static IEnumerable<Finding> CheckFolder(SourceFile file) =>
        from part in file.Folder.Split('/')
        where BannedFolders.Contains(part, StringComparer.OrdinalIgnoreCase)
        select file.AtLine(1, $"folder \"{part}\": name the thing, not the mechanism");

    private static IEnumerable<Finding> CheckTypes(SourceFile file) =>
        from type in file.Nodes<BaseTypeDeclarationSyntax>()
        let name = type.Identifier.Text
        where !Allowed.Any(allowed => allowed.Name == name)
        where SplitWords(name).Any(word => BannedParts.Contains(word, StringComparer.Ordinal))
            || (SplitWords(name).Count > 1 && BannedEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)))
        select file.At(type.Identifier, $"type \"{name}\": name the thing, not the mechanism");

    private static List<string> SplitWords(string name)
    {
        var words = new List<string>();
        var start = 0;
        for (var index = 1; index <= name.Length; index++)
        {
            if (index == name.Length || char.IsUpper(name[index]))
            {
                words.Add(name[start..index]);
                start = index;
            }
        }

        return words;
    }
}
