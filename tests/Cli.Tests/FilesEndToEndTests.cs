using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace DfsNet.Cli;

/// <summary>Files go in and come out through the command line, on a real cluster in this process.</summary>
public sealed class FilesEndToEndTests(CliCluster cluster) : IClassFixture<CliCluster>
{
    [Fact]
    public async Task A_tree_comes_back_equal()
    {
        string source = NewFolder("tree");
        var random = new Random(1);
        string[] odd = ["two words", "ünï©ode", "-dash", "@at", "quote'\"", "new\nline", "tab\t", "[x]*?"];
        foreach (string name in odd.Concat(["empty", "a/small", "a/b/c/deep"]))
        {
            var content = new byte[name == "empty" ? 0 : random.Next(1, 100_000)];
            random.NextBytes(content);
            Write(Path.Combine(source, name), content);
        }

        Write(Path.Combine(source, "large"), RandomBytes(2, 3_000_001));
        Directory.CreateDirectory(Path.Combine(source, "no files"));

        await cluster.DoAsync("put", "-r", source, "/tree");
        string target = Path.Combine(cluster.Folder, "tree-back");
        var got = await cluster.DoAsync("get", "-r", "--json", "/tree", target);

        Assert.Equal(Snapshot(source), Snapshot(target));
        using var facts = JsonDocument.Parse(got.Out);
        Assert.Equal(12, facts.RootElement.GetProperty("files").GetInt32());
        Assert.DoesNotContain(Directory.GetFiles(target), path => Path.GetFileName(path).StartsWith(".dfs-get-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Directories_are_placed_as_cp_places_them()
    {
        string source = NewFolder("cp");
        Write(Path.Combine(source, "f"), [1]);

        await cluster.DoAsync("put", "-r", source, "/cp-new");
        await cluster.DoAsync("put", "-r", source, "/cp-new");
        await cluster.DoAsync("mkdir", "/cp-content");
        await cluster.DoAsync("put", "-r", source + "/.", "/cp-content");

        Assert.Equal("/cp-new/cp\n/cp-new/cp/f\n/cp-new/f\n", Sorted(await cluster.DoAsync("ls", "-R", "/cp-new")));
        Assert.Equal("/cp-content/f\n", Sorted(await cluster.DoAsync("ls", "-R", "/cp-content")));
    }

    [Fact]
    public async Task Standard_input_and_output_are_files_named_dash()
    {
        byte[] content = RandomBytes(3, 2_500_000);
        var put = await cluster.RunAsync(content, "put", "-", "/piped");
        Assert.Equal(0, put.ExitCode);

        Assert.Equal(content, (await cluster.DoAsync("get", "/piped", "-")).OutBytes);
        byte[] twice = [.. content, .. content];
        Assert.Equal(twice, (await cluster.DoAsync("cat", "/piped", "/piped")).OutBytes);
    }

    [Fact]
    public async Task Nothing_is_overwritten_without_force()
    {
        string first = Path.Combine(cluster.Folder, "first"), second = Path.Combine(cluster.Folder, "second");
        Write(first, Encoding.UTF8.GetBytes("one"));
        Write(second, Encoding.UTF8.GetBytes("two"));
        await cluster.DoAsync("put", first, "/kept");

        var refused = await cluster.RunAsync("put", second, "/kept");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("dfs put: /kept: already exists; use -f to overwrite", refused.Error, StringComparison.Ordinal);
        Assert.Equal("one", Encoding.UTF8.GetString((await cluster.DoAsync("cat", "/kept")).OutBytes));

        await cluster.DoAsync("put", "-f", second, "/kept");
        Assert.Equal("two", Encoding.UTF8.GetString((await cluster.DoAsync("cat", "/kept")).OutBytes));

        var local = await cluster.RunAsync("get", "/kept", first);
        Assert.Equal(1, local.ExitCode);
        Assert.Contains("already exists; use -f to overwrite", local.Error, StringComparison.Ordinal);
        Assert.Equal("one", File.ReadAllText(first));
        await cluster.DoAsync("get", "-f", "/kept", first);
        Assert.Equal("two", File.ReadAllText(first));
    }

    [Fact]
    public async Task Several_sources_go_into_a_directory_and_one_failure_does_not_stop_the_rest()
    {
        string good = Path.Combine(cluster.Folder, "good");
        Write(good, [1, 2, 3]);
        await cluster.DoAsync("mkdir", "-p", "/several/x");

        var result = await cluster.RunAsync("put", Path.Combine(cluster.Folder, "missing"), good, "/several");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("missing: no such file or directory", result.Error, StringComparison.Ordinal);
        Assert.Contains("1 failed", result.Error, StringComparison.Ordinal);
        Assert.Equal("good\nx\n", (await cluster.DoAsync("ls", "/several")).Out);
        var nowhere = await cluster.RunAsync("put", good, good, "/several/none");
        Assert.Equal(1, nowhere.ExitCode);
        Assert.Contains("mkdir -p /several/none", Assert.Single(nowhere.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sources_of_one_name_do_not_replace_each_other()
    {
        await cluster.RunAsync([1], "put", "-", "/twin");
        string folder = NewFolder("twins");

        var result = await cluster.RunAsync(["get", .. Enumerable.Repeat("/twin", 8), folder]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(7, result.ErrorLines.Count(line => line == $"dfs get: {folder}/twin: already exists; use -f to overwrite"));
        Assert.Equal([Path.Combine(folder, "twin")], Directory.GetFiles(folder));
    }

    [Fact]
    public async Task A_file_in_the_place_of_a_directory_is_told_and_kept()
    {
        string source = NewFolder("over-a-file");
        Write(Path.Combine(source, "f"), [1]);
        await cluster.RunAsync([2], "put", "-", "/place");

        var result = await cluster.RunAsync("put", "-r", "-f", source, "/place");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("dfs put: /place: is a file where a directory is needed; ", result.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal([2], (await cluster.DoAsync("cat", "/place")).OutBytes);
    }

    [Fact]
    public async Task A_directory_needs_the_recursive_option()
    {
        string folder = NewFolder("needs-r");
        await cluster.DoAsync("mkdir", "/needs-r");

        foreach (var command in new[] { ["put", folder, "/elsewhere"], ["get", "/needs-r", folder], new[] { "rm", "/needs-r" } })
        {
            var result = await cluster.RunAsync(command);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains("is a directory; use -r", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Names_are_moved_listed_and_removed()
    {
        await cluster.RunAsync([1, 2], "put", "-", "/moves");
        await cluster.DoAsync("mkdir", "/moved");
        await cluster.DoAsync("mv", "/moves", "/moved");
        await cluster.DoAsync("mv", "/moved/moves", "/moved/renamed");

        using var listed = JsonDocument.Parse((await cluster.DoAsync("ls", "--json", "/moved")).Out);
        var entry = Assert.Single(listed.RootElement.EnumerateArray());
        Assert.Equal("/moved/renamed", entry.GetProperty("path").GetString());
        Assert.Equal(2, entry.GetProperty("length").GetInt64());
        using var nothing = JsonDocument.Parse((await cluster.RunAsync("ls", "--json", "/none")).Out);
        Assert.Empty(nothing.RootElement.EnumerateArray());

        await cluster.RunAsync([3], "put", "-", "/in-the-way");
        var refused = await cluster.RunAsync("mv", "/in-the-way", "/moved/renamed");
        Assert.Equal("dfs mv: /moved/renamed: already exists; use -f to replace it\n", refused.Error);
        var lost = await cluster.RunAsync("mv", "/in-the-way", "/nowhere/renamed");
        Assert.Equal("dfs mv: /nowhere: no such directory; create it with 'dfs mkdir -p'\n", lost.Error);
        var below = await cluster.RunAsync("mv", "/in-the-way", "/moved/renamed/below/it");
        Assert.Equal("dfs mv: /moved/renamed/below/it: not a directory\n", below.Error);
        var above = await cluster.RunAsync("mv", "/in-the-way/below", "/moved/other");
        Assert.Equal("dfs mv: /in-the-way/below: not a directory\n", above.Error);
        await cluster.DoAsync("mv", "-f", "/in-the-way", "/moved/renamed");

        Assert.Equal(1, (await cluster.RunAsync("rm", "/")).ExitCode);
        await cluster.DoAsync("rm", "-r", "/moved");
        await cluster.DoAsync("rm", "-f", "/moved");
        var gone = await cluster.RunAsync("rm", "/moved");
        Assert.Equal("dfs rm: /moved: no such file or directory\n", gone.Error);
        Assert.Equal(1, gone.ExitCode);
    }

    [Fact]
    public async Task Facts_are_printed_for_people_and_for_scripts()
    {
        await cluster.RunAsync(RandomBytes(4, 100_000), "put", "-", "/facts");

        Assert.Contains("100000 (97.7 KiB)", (await cluster.DoAsync("stat", "/facts")).Out, StringComparison.Ordinal);
        using var located = JsonDocument.Parse((await cluster.DoAsync("locate", "--json", "/facts")).Out);
        Assert.Equal(2, located.RootElement.GetProperty("chunks")[0].GetProperty("replicas").GetArrayLength());
        Assert.Contains("chunk", (await cluster.DoAsync("locate", "/facts")).Out, StringComparison.Ordinal);
        using var size = JsonDocument.Parse((await cluster.DoAsync("df", "--json")).Out);
        Assert.True(size.RootElement.GetProperty("capacityBytes").GetInt64() > 0);
        using var status = JsonDocument.Parse((await cluster.DoAsync("admin", "status", "--json")).Out);
        Assert.Equal(2, status.RootElement.GetProperty("chunkServers").GetInt32());
        Assert.Contains("2 healthy", (await cluster.DoAsync("admin", "status")).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/..")]
    [InlineData("/a/./b")]
    public async Task Paths_that_can_never_be_right_are_refused(string path)
    {
        var result = await cluster.RunAsync("stat", path);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(path, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_names_the_path_it_is_about()
    {
        string source = Path.Combine(cluster.Folder, "source");
        Write(source, [1]);
        await cluster.DoAsync("put", source, "/plain-file");

        var below = await cluster.RunAsync("put", source, "/plain-file/below");
        Assert.Equal(1, below.ExitCode);
        Assert.Equal("dfs put: /plain-file/below: not a directory\n", below.Error);

        string missing = Path.Combine(cluster.Folder, "no-folder");
        var nowhere = await cluster.RunAsync("get", "/plain-file", Path.Combine(missing, "x"));
        Assert.Equal(1, nowhere.ExitCode);
        Assert.Contains($"there is no directory {missing} here", nowhere.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_is_never_replaced_by_a_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes are made with mkfifo");
        await cluster.RunAsync([1], "put", "-", "/no-device");
        string pipe = Path.Combine(cluster.Folder, "pipe");
        using var made = System.Diagnostics.Process.Start("mkfifo", [pipe]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);

        var refused = await cluster.RunAsync("get", "-f", "/no-device", pipe);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"{pipe}: is a pipe, socket or device here", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_file_that_would_be_refused_is_refused_before_it_is_sent()
    {
        await cluster.RunAsync([1], "put", "-", "/taken");

        var refused = await cluster.RunAsync(RandomBytes(5, 5_000_000), "put", "-", "/taken");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("dfs put: /taken: already exists; use -f to overwrite", refused.Error, StringComparison.Ordinal);
        Assert.Contains("put 0 files, 0 B in", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_255_bytes_is_taken_and_one_of_256_refused()
    {
        string longest = "/" + new string('n', 255);
        await cluster.RunAsync([1], "put", "-", longest);
        await cluster.DoAsync("get", longest, cluster.Folder);

        var result = await cluster.RunAsync([1], "put", "-", longest + "n");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("255", result.Error, StringComparison.Ordinal);
    }

    private static string Sorted(CliResult result) =>
        string.Join('\n', result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)) + "\n";

    private static byte[] RandomBytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    private static List<string> Snapshot(string folder) =>
    [
        .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path)
                + (Directory.Exists(path) ? "/" : " " + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))))
            .Order(StringComparer.Ordinal),
    ];

    private string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(cluster.Folder, name)).FullName;
}
