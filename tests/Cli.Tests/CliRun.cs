using DfsNet.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.Cli;

/// <summary>What one run of the command line came to.</summary>
internal sealed record CliResult(int ExitCode, string Out, string Error, byte[] OutBytes)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the command line inside the test, with streams of its own.</summary>
internal static class CliRun
{
    public static Task<CliResult> RunAsync(params string[] arguments) => RunAsync(null, [], arguments);

    public static async Task<CliResult> RunAsync(string? meta, byte[] input, IReadOnlyList<string> arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var bytes = new MemoryStream();
        var surroundings = new Surroundings
        {
            Out = TextWriter.Synchronized(output),
            Error = TextWriter.Synchronized(error),
            OpenInput = () => new MemoryStream(input),
            OpenOutput = () => bytes,
            Time = TimeProvider.System,
            Random = Random.Shared,
            Variable = name => name == "DFS_META" ? meta : null,
        };
        int exitCode = await CommandLine.RunAsync(arguments, surroundings, TestContext.Current.CancellationToken);
        return new CliResult(
            exitCode, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"), bytes.ToArray());
    }
}

/// <summary>A directory of the test's own, and in it a running cluster.</summary>
public sealed class CliCluster : IAsyncLifetime
{
    private EmbeddedCluster? _cluster;

    internal string Folder { get; } = Directory.CreateTempSubdirectory("dfs-cli-test-").FullName;

    private string Meta => _cluster!.MetaServer.Address;

    public async ValueTask InitializeAsync() => _cluster = await EmbeddedCluster.StartAsync(
        new EmbeddedClusterOptions { Data = Path.Combine(Folder, "cluster"), ChunkServers = 2, Replication = 2 },
        NullLoggerFactory.Instance,
        TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _cluster!.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal Task<CliResult> RunAsync(params string[] arguments) => CliRun.RunAsync(Meta, [], arguments);

    internal Task<CliResult> RunAsync(byte[] input, params string[] arguments) => CliRun.RunAsync(Meta, input, arguments);

    /// <summary>Runs what must succeed.</summary>
    internal async Task<CliResult> DoAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"dfs {string.Join(' ', arguments)}: exit code {result.ExitCode}, {result.Error}");
        return result;
    }
}
