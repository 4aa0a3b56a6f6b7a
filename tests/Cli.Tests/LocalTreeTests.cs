using System.Diagnostics;
using DfsNet.Cli.Local;

namespace DfsNet.Cli;

/// <summary>A local tree is walked whole; what cannot be stored is told and left out.</summary>
public sealed class LocalTreeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfs-tree-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Directories_come_before_what_is_in_them()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "a", "b"));
        File.WriteAllText(Path.Combine(_folder, "a", "b", "f"), "x");
        File.WriteAllText(Path.Combine(_folder, "g"), "");

        var found = Walk(false).Select(item => item.Relative).ToList();

        Assert.Equal(["a", "a/b", "a/b/f", "g"], found.Order(StringComparer.Ordinal));
        Assert.True(found.IndexOf("a") < found.IndexOf("a/b") && found.IndexOf("a/b") < found.IndexOf("a/b/f"));
    }

    [Fact]
    public void Symbolic_links_are_skipped_unless_followed()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "target"));
        File.WriteAllText(Path.Combine(_folder, "target", "f"), "x");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "link"), Path.Combine(_folder, "target"));

        var skipped = Assert.Single(Walk(false), item => item.Relative == "link");
        Assert.Contains("symbolic link", skipped.Problem, StringComparison.Ordinal);
        Assert.False(skipped.Failed);
        Assert.Contains(Walk(true), item => item is { Relative: "link/f", Problem: "" });
    }

    [Fact]
    public void A_link_to_a_directory_above_ends_there()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "a"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "a", "up"), _folder);

        var items = Walk(true).ToList();

        Assert.Equal(["a", "a/up"], items.Select(item => item.Relative));
        Assert.Contains("leads back", items[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_nowhere_is_a_failure_when_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "broken"), Path.Combine(_folder, "nowhere"));

        Assert.True(Assert.Single(Walk(true)).Failed);
        Assert.False(Assert.Single(Walk(false)).Failed);
    }

    [Fact]
    public async Task A_pipe_is_skipped_and_not_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs mkfifo and statx");
        using var made = Process.Start("mkfifo", Path.Combine(_folder, "pipe"));
        await made.WaitForExitAsync();

        Assert.Contains("pipe", Assert.Single(Walk(false)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_path_is_an_answer()
    {
        Assert.Equal(LocalKind.Missing, LocalFiles.Inspect(Path.Combine(_folder, "nothing"), followLinks: true).Kind);
        Assert.Equal(LocalKind.Missing, LocalFiles.Inspect(Path.Combine(_folder, "no", "thing"), followLinks: false).Kind);
    }

    private IEnumerable<LocalTreeItem> Walk(bool followLinks) =>
        LocalTree.Walk(LocalFiles.Inspect(_folder, followLinks: true), followLinks);
}
