using System.Globalization;
using DfsNet.Consensus.Tests.Model;

namespace DfsNet.Consensus.Tests;

/// <summary>Histories drawn from seeds; a broken guarantee names its seed. DFS_CONSENSUS_SEEDS=A..B runs others.</summary>
public sealed class DisasterTests
{
    private const int Steps = 600;

    [Fact]
    public void No_disaster_breaks_a_guarantee()
    {
        var (from, to) = Seeds();
        var failures = new List<string>();
        ulong entries = 0;
        long reads = 0;
        Parallel.For(from, to, seed =>
        {
            var disaster = new Disaster(seed);
            try
            {
                var cluster = disaster.Run(Steps);
                Interlocked.Add(ref entries, cluster.Acknowledged);
                Interlocked.Add(ref reads, cluster.ReadsAnswered);
            }
            catch (Exception error) when (error is ModelException or Integrity.InvariantException)
            {
                lock (failures)
                {
                    failures.Add($"seed {seed} ({disaster.Story}): {error.Message}");
                }
            }
        });
        Assert.True(failures.Count == 0, $"{failures.Count} of {to - from}: {string.Join("\n", failures.Take(10))}");
        Assert.True(entries > (ulong)(to - from) * 10 && reads > to - from, $"{entries} entries and {reads} reads are too few to tell");
    }

    private static (int From, int To) Seeds()
    {
        string[]? given = Environment.GetEnvironmentVariable("DFS_CONSENSUS_SEEDS")?.Split("..");
        return given is null
            ? (1, 3_001)
            : (int.Parse(given[0], CultureInfo.InvariantCulture), int.Parse(given[1], CultureInfo.InvariantCulture) + 1);
    }
}
