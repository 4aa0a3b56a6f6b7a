namespace DfsNet.Cli;

/// <summary>A wrong command line is one line and exit code 2, and nothing is done.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("a command is needed")]
    [InlineData("unknown command fly", "fly")]
    [InlineData("unknown option --nope", "ls", "--nope")]
    [InlineData("unknown option --nope", "ls", "/", "--nope")]
    [InlineData("unknown option -x", "rm", "-x", "/a")]
    [InlineData("too many arguments: x", "df", "x")]
    [InlineData("missing", "put", "only-one")]
    [InlineData("begins with '/'", "ls", "relative")]
    [InlineData("begins with '/'", "put", "a", "relative")]
    [InlineData("begins with '/'", "rm", "/good", "relative")]
    [InlineData("not host:port", "ls", "--meta", "nonsense")]
    [InlineData("no address given", "ls", "--meta", ",")]
    [InlineData("no address given", "ls", "--meta", "")]
    [InlineData("from 1 to 256, not 0", "put", "-j", "0", "a", "/a")]
    [InlineData("from 1 to 256, not many", "put", "-j", "many", "a", "/a")]
    [InlineData("--data", "meta-server")]
    [InlineData("--replication: 99 is not from 1 to 10", "meta-server", "--data", "d", "--replication", "99")]
    [InlineData("--suspect-after: \"soon\" is not a time", "meta-server", "--data", "d", "--suspect-after", "soon")]
    [InlineData("--chunk-servers takes a number", "up", "--chunk-servers", "0")]
    [InlineData("--size takes a number of bytes", "demo", "--size", "big")]
    [InlineData("neither -r nor --json", "get", "-r", "/a", "-")]
    public async Task A_wrong_command_line_is_told_in_one_line(string expected, params string[] arguments)
    {
        var result = await CliRun.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.StartsWith("dfs", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Out);
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        var result = await CliRun.RunAsync("--version");

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^dfs \d+\.\d+\.\d+\n$", result.Out);
    }

    [Theory]
    [InlineData("put")]
    [InlineData("get")]
    [InlineData("cat")]
    [InlineData("ls")]
    [InlineData("mkdir")]
    [InlineData("rm")]
    [InlineData("mv")]
    [InlineData("stat")]
    [InlineData("df")]
    [InlineData("locate")]
    [InlineData("up")]
    [InlineData("demo")]
    [InlineData("meta-server")]
    [InlineData("chunk-server")]
    [InlineData("admin")]
    [InlineData("admin", "status")]
    public async Task Every_command_has_help(params string[] command)
    {
        var result = await CliRun.RunAsync([.. command, "--help"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Usage:", result.Out, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task A_listen_address_that_makes_no_sense_is_a_usage_error()
    {
        string folder = Directory.CreateTempSubdirectory("dfs-cli-test-").FullName;
        var result = await CliRun.RunAsync("chunk-server", "--data", folder, "--listen", "0.0.0.0:0", "--log", "none");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--advertise", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }
}
