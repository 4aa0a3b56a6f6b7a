namespace DfsNet.Repository.Tree;

/// <summary>The files that rules look at: the repository's, or a few made up to show that a rule bites.</summary>
internal sealed class SourceTree(IReadOnlyList<SourceFile> files)
{
    private static readonly string[] SkippedFolders = ["artifacts", "bin", "obj", "TestResults", ".git", ".vs", ".idea"];
    private static readonly string[] TextEndings =
        [".cs", ".csproj", ".props", ".targets", ".sln", ".json", ".proto", ".md", ".txt", ".yml", ".cmd", ".sh", ".editorconfig"];

    private static readonly string[] TextNames = ["dfs", "run", "LICENSE", ".gitignore", ".gitattributes"];

    private static readonly Lazy<SourceTree> Whole = new(Load);

    public IReadOnlyList<SourceFile> Files { get; } = files;

    public IEnumerable<SourceFile> CSharp => Files.Where(file => file.IsCSharp);

    public IEnumerable<SourceFile> Product => CSharp.Where(file => file.IsProduct);

    public IEnumerable<SourceFile> Projects => Files.Where(file => file.Path.EndsWith(".csproj", StringComparison.Ordinal));

    /// <summary>The repository that this test was built from.</summary>
    public static SourceTree Repository => Whole.Value;

    public static SourceTree Of(params (string Path, string Text)[] files) =>
        new([.. files.Select(file => new SourceFile(file.Path, file.Text))]);

    public SourceFile? Find(string path) => Files.FirstOrDefault(file => file.Path == path);

    /// <summary>The folder of DfsNet.sln above this assembly.</summary>
    public static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DfsNet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no DfsNet.sln above {AppContext.BaseDirectory}");
    }

    private static SourceTree Load()
    {
        var root = FindRoot();
        var paths = new List<string>();
        Collect(root, paths);
        return new SourceTree([.. paths
            .Order(StringComparer.Ordinal)
            .Select(path => new SourceFile(Path.GetRelativePath(root, path).Replace('\\', '/'), File.ReadAllText(path)))]);
    }

    private static void Collect(string folder, List<string> paths)
    {
        paths.AddRange(Directory.GetFiles(folder).Where(IsText));
        foreach (var child in Directory.GetDirectories(folder))
        {
            if (!SkippedFolders.Contains(Path.GetFileName(child), StringComparer.Ordinal))
            {
                Collect(child, paths);
            }
        }
    }

    private static bool IsText(string path) =>
        TextNames.Contains(Path.GetFileName(path), StringComparer.Ordinal)
        || TextEndings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal));
}
