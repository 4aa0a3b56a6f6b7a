using System.Diagnostics;

namespace DfsNet.Storage.Tests.Disk;

/// <summary>The kernel's errors, injected by strace into a real process, reach the caller as what they are.</summary>
public sealed class InjectedFaultTests
{
    private static readonly string Content = Convert.ToHexString([.. Enumerable.Range(0, 1000).Select(i => (byte)i)]);

    // strace counts calls per thread, and the pool chooses the thread: "1" fails the first call wherever it runs.
    [Theory]
    [InlineData("fdatasync:error=EIO:when=1", "write flush write flush read",
        "write ok|flush Failed|write Failed|flush Failed|*|read ok|disk failed")]
    [InlineData("fdatasync:error=ENOSPC:when=1", "write flush flush", "write ok|flush Failed|flush Failed|disk failed")]
    [InlineData("fdatasync:error=EINTR:when=1", "write flush", "write ok|flush Failed|disk failed")]
    [InlineData("fsync:error=EIO:when=1", "directory directory write", "directory Failed|directory Failed|write Failed|disk failed")]
    [InlineData("fsync:error=ENOSPC:when=1", "directory", "directory Failed|disk failed")]
    [InlineData("pwrite64:error=ENOSPC:when=1+", "write write flush", "write Full|write Full|flush ok|disk well")]
    [InlineData("pwrite64:error=EDQUOT:when=1+", "write", "write Full|disk well")]
    [InlineData("pwrite64:error=EIO:when=1", "write write", "write Failed|write Failed|disk failed")]
    [InlineData("pwrite64:error=EROFS:when=1", "write", "write Failed|disk failed")]
    [InlineData("pwrite64:error=EUCLEAN:when=1", "write", "write Failed|disk failed")]
    [InlineData("pwrite64:error=EINTR:when=1", "write read", "write ok|+|read ok|disk well")]
    [InlineData("pwrite64:retval=0:when=1+", "write", "write Failed|disk failed")]
    [InlineData("pread64:error=EINTR:when=1", "write read", "write ok|+|read ok|disk well")]
    [InlineData("fallocate:error=ENOSPC:when=1+", "allocate write", "allocate Full|write ok|disk well")]
    [InlineData("fallocate:error=EINTR:when=1", "allocate", "allocate ok|disk well")]
    [InlineData("fallocate:error=EOPNOTSUPP:when=1+", "allocate", "allocate ok|disk well")]
    [InlineData("flock:error=EAGAIN:when=1+", "lock", "lock Locked|disk well")]
    [InlineData("fdatasync:error=EIO:when=1+", "journal write", "journal Failed|write Failed|disk failed")]
    [InlineData("rename:error=EIO:when=1+", "journal", "journal Failed|disk failed")]
    [InlineData("fdatasync:error=EBADF:when=100", "journal", "journal ok|disk well")]
    public async Task An_injected_error_reaches_the_caller(string injection, string operations, string expected)
    {
        using var directory = new TemporaryDirectory();
        string[] lines = await RunAsync(directory.Path, injection, operations);
        string[] wanted = expected.Split('|');
        Assert.Equal(wanted.Length, lines.Length);
        foreach (var (want, line) in wanted.Zip(lines))
        {
            // '+' stands for the whole content, '*' for any.
            Assert.True(want == "*" || line == (want == "+" ? Content : want), $"{injection}: {string.Join('|', lines)}");
        }
    }

    [Fact]
    public async Task A_short_write_is_continued_behind_what_was_written()
    {
        using var directory = new TemporaryDirectory();
        string[] lines = await RunAsync(directory.Path, "pwrite64:retval=10:when=1", "write read");
        // The injected call wrote nothing and claimed ten bytes.
        Assert.Equal(["write ok", new string('0', 20) + Content[20..], "read ok", "disk well"], lines);
    }

    private static async Task<string[]> RunAsync(string directory, string injection, string operations)
    {
        string? strace = new[] { "/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(strace is null, "strace is not installed: injected disk errors were not tried");
        string call = injection[..injection.IndexOf(':')];
        var start = new ProcessStartInfo(strace!) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={injection}",
            "-P", directory, "-P", $"{directory}/data", "-P", $"{directory}/lock", "-P", $"{directory}/journal/next.tmp",
            Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet",
            Path.Combine(AppContext.BaseDirectory, "DfsNet.DiskProbe.dll"), directory, .. operations.Split(' '),
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string complaint = await error;
        Assert.SkipWhen(complaint.Contains("ptrace", StringComparison.OrdinalIgnoreCase), $"strace may not trace here: {complaint}");
        Assert.True(process.ExitCode == 0, complaint);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
