using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>A line of code has at most 140 characters.</summary>
internal sealed class LineLengthRule : IRule
{
    private const int CharactersMax = 140;

    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("src/Client/A.cs", "// " + new string('x', CharactersMax))),
        SourceTree.Of(("protos/a.proto", "// " + new string('x', CharactersMax))),
    ];

    public IEnumerable<SourceTree> Good => [SourceTree.Of(("src/Client/A.cs", new string('x', CharactersMax) + "\r\n"))];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.Files
        where file.IsCSharp || file.Path.EndsWith(".proto", StringComparison.Ordinal)
        from line in file.Lines.Index()
        let length = line.Item.TrimEnd('\r').Length
        where length > CharactersMax
        select file.AtLine(line.Index + 1, $"{length} characters (at most {CharactersMax})");
}
