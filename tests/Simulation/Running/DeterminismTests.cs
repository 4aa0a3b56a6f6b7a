using System.Diagnostics;
using System.Globalization;

namespace DfsNet.Simulation.Running;

public sealed class DeterminismTests
{
    private static readonly int[] Seeds = [11, 12, 13, 14, 15, 16];

    [Fact]
    public async Task A_seed_does_the_same_twice_in_one_process_and_other_seeds_do_something_else()
    {
        var first = await HashesAsync();
        var second = await HashesAsync();

        Assert.Equal(first, second);
        Assert.Equal(Seeds.Length, first.Distinct().Count());
    }

    [Fact]
    public async Task A_seed_does_the_same_in_another_process()
    {
        var here = await HashesAsync();

        for (int i = 0; i < Seeds.Length; i++)
        {
            var (code, output) = await SimulatorProcess.RunAsync("--seed", Seeds[i].ToString(CultureInfo.InvariantCulture));

            Assert.Contains($"trace {here[i]:x16}", output, StringComparison.Ordinal);
            Assert.Equal(0, code);
        }
    }

    [Fact]
    public async Task The_simulator_refuses_a_thread_pool_with_more_than_one_thread()
    {
        var (code, output) = await SimulatorProcess.RunAsync(
            ["--seed", "1"], start => start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "4");

        Assert.NotEqual(0, code);
        Assert.Contains("4 threads", output, StringComparison.Ordinal);
    }

    private static async Task<List<ulong>> HashesAsync()
    {
        var hashes = new List<ulong>();
        foreach (int seed in Seeds)
        {
            hashes.Add((await new Run(new RunOptions { Seed = seed }).ExecuteAsync()).TraceHash);
        }

        return hashes;
    }
}
