using DfsNet.Repository.Tree;

namespace DfsNet.Repository.Rules;

/// <summary>Every project is in the solution, and every C# file in a project: what is not built is dead.</summary>
internal sealed class SolutionRule : IRule
{
    public IEnumerable<SourceTree> Bad =>
    [
        SourceTree.Of(("DfsNet.sln", ""), ("src/A/A.csproj", "<Project/>")),
        SourceTree.Of(("DfsNet.sln", "\"src\\A\\A.csproj\""), ("src/A/A.csproj", "<Project/>"), ("src/B/B.cs", "")),
    ];

    public IEnumerable<SourceTree> Good =>
        [SourceTree.Of(("DfsNet.sln", "\"src\\A\\A.csproj\""), ("src/A/A.csproj", "<Project/>"), ("src/A/B/B.cs", ""))];

    public IEnumerable<Finding> Check(SourceTree tree)
    {
        var solution = tree.Find("DfsNet.sln")?.Text.Replace('\\', '/') ?? "";
        var folders = tree.Projects.Select(project => project.Folder + "/").ToList();
        var projects =
            from project in tree.Projects
            where !solution.Contains($"\"{project.Path}\"", StringComparison.Ordinal)
            select project.AtLine(1, "this project is not in DfsNet.sln");
        var files =
            from file in tree.CSharp
            where !folders.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal))
            select file.AtLine(1, "this file is in no project");
        return projects.Concat(files);
    }
}
