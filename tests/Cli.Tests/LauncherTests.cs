using System.Diagnostics;

namespace DfsNet.Cli;

/// <summary>The launcher builds when it must, only then, and gets out of the way. "dotnet" is a script here that keeps count.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dfs-launcher-test-").FullName;

    public LauncherTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || !File.Exists("/bin/bash"), "the launcher for Unix needs bash");
        string launcher = FindLauncher();
        Directory.CreateDirectory(Path.Combine(Root, "src", "Cli"));
        Directory.CreateDirectory(Path.Combine(Root, "protos"));
        File.Copy(launcher, Path.Combine(Root, "dfs"));
        string[] sources =
            ["src/Cli/Program.cs", "protos/a.proto", "global.json", ".editorconfig", "BannedSymbols.txt", "Directory.Build.props"];
        foreach (string file in sources)
        {
            File.WriteAllText(Path.Combine(Root, file), "");
            File.SetLastWriteTimeUtc(Path.Combine(Root, file), DateTime.UtcNow.AddMinutes(-1));
        }

        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
        WriteDotnet("mkdir -p \"$root/artifacts/bin/Cli/release\"; touch \"$root/artifacts/bin/Cli/release/dfs.dll\"; sleep 0.3; exit 0");
    }

    private string Root => Path.Combine(_folder, "repository");

    private int Builds => File.Exists(Path.Combine(_folder, "builds")) ? File.ReadAllLines(Path.Combine(_folder, "builds")).Length : 0;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_builds_once_and_passes_on_arguments_and_exit_code()
    {
        var (code, output) = await RunAsync(Path.Combine(Root, "dfs"), "two words", "*", "--x");
        Assert.Equal(7, code);
        Assert.Equal("ran [two words] [*] [--x]\n", output);

        await RunAsync(Path.Combine(Root, "dfs"));
        Assert.Equal(1, Builds);
    }

    [Fact]
    public async Task It_builds_again_when_a_source_changed_or_vanished()
    {
        await RunAsync(Path.Combine(Root, "dfs"));
        File.WriteAllText(Path.Combine(Root, "src", "Cli", "Program.cs"), "changed");
        await RunAsync(Path.Combine(Root, "dfs"));
        Assert.Equal(2, Builds);

        File.Delete(Path.Combine(Root, "protos", "a.proto"));
        await RunAsync(Path.Combine(Root, "dfs"));
        Assert.Equal(3, Builds);
    }

    [Fact]
    public async Task Parallel_starts_build_once()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync(Path.Combine(Root, "dfs"))));

        Assert.All(runs, run => Assert.Equal(7, run.ExitCode));
        Assert.Equal(1, Builds);
    }

    [Fact]
    public async Task It_works_through_symbolic_links()
    {
        string link = Path.Combine(_folder, "link"), second = Path.Combine(_folder, "second");
        File.CreateSymbolicLink(link, "repository/dfs");
        File.CreateSymbolicLink(second, link);

        Assert.Equal((7, "ran\n"), await RunAsync(second));
    }

    [Fact]
    public async Task A_failed_build_is_shown_and_tried_again()
    {
        WriteDotnet("echo 'error: broken'; exit 1");
        var (code, output) = await RunAsync(Path.Combine(Root, "dfs"));

        Assert.Equal(1, code);
        Assert.Contains("error: broken", output, StringComparison.Ordinal);
        Assert.Contains("the build failed", output, StringComparison.Ordinal);
        await RunAsync(Path.Combine(Root, "dfs"));
        Assert.Equal(2, Builds);
    }

    private static string FindLauncher()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DfsNet.sln")))
            {
                return Path.Combine(folder.FullName, "dfs");
            }
        }

        throw new FileNotFoundException("DfsNet.sln is not above the tests");
    }

    private void WriteDotnet(string build)
    {
        string path = Path.Combine(_folder, "bin", "dotnet");
        File.WriteAllText(path, $$"""
            #!/bin/bash
            root='{{Root}}'
            if [ "$1" = build ]; then echo build >> '{{_folder}}/builds'; {{build}}; fi
            shift; printf 'ran'; for one in "$@"; do printf ' [%s]' "$one"; done; echo; exit 7
            """.ReplaceLineEndings("\n"));
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string launcher, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.ArgumentList.Add(launcher);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PATH"] = $"{_folder}/bin:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        output += await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
