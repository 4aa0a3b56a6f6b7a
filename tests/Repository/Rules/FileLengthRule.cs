using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>One file, one idea: at most 500 lines.</summary>
internal sealed class FileLengthRule : IRule
{
    private const int LinesMax = 500;

    public IEnumerable<SourceTree> Bad => [SourceTree.Of(("src/Client/A.cs", new string('\n', LinesMax + 1)))];

    public IEnumerable<SourceTree> Good => [SourceTree.Of(("src/Client/A.cs", new string('\n', LinesMax)))];

    public IEnumerable<Finding> Check(SourceTree tree) =>
        from file in tree.CSharp
        let lines = file.Text.Count(character => character == '\n')
        where lines > LinesMax
        select file.AtLine(LinesMax, $"{lines} lines (at most {LinesMax}): two ideas are two files");
}
