using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.Storage.Tests.Journals;

/// <summary>The power fails at every operation of a script, and again during every recovery.</summary>
public sealed class JournalCrashTests
{
    // Enough for every operation of the script; the test itself demands that the script ended before.
    private const int OperationsMax = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Acknowledged_records_survive_a_crash_at_any_operation(int seed)
    {
        bool ended = false;
        for (int crashAt = 1; !ended; crashAt++)
        {
            Assert.True(crashAt < OperationsMax);
            var bench = JournalBench.Create(seed * 1000 + crashAt);
            var script = new Script(bench);
            bench.Disk.CrashAtOperation(crashAt);
            ended = await script.RunAsync();
            bench.Disk.Crash();
            await script.RecoverAndCompareAsync();
            await script.RecoverAndCompareAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Recovery_survives_a_crash_at_any_of_its_operations(int seed)
    {
        for (int first = 5; first < 60; first += 6)
        {
            bool ended = false;
            for (int second = 1; !ended; second++)
            {
                Assert.True(second < OperationsMax);
                var bench = JournalBench.Create(seed * 100_000 + first * 1000 + second);
                var script = new Script(bench);
                bench.Disk.CrashAtOperation(first);
                await script.RunAsync();
                bench.Disk.Crash();
                bench.Disk.Restart();
                bench.Disk.CrashAtOperation(second);
                ended = await script.TryOpenAsync();
                bench.Disk.Crash();
                await script.RecoverAndCompareAsync();
            }
        }
    }

    /// <summary>The process is killed, and the power fails while its successor opens the log: not all it read was durable.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Recovery_after_a_kill_at_any_operation_survives_a_power_cut_at_any_of_its_operations(int seed)
    {
        bool ended = false;
        for (int killAt = 1; !ended; killAt++)
        {
            Assert.True(killAt < OperationsMax);
            bool opened = false;
            for (int crashAt = 1; !opened; crashAt++)
            {
                Assert.True(crashAt < OperationsMax);
                var bench = JournalBench.Create(seed * 100_000 + killAt * 1000 + crashAt);
                var script = new Script(bench);
                bench.Disk.KillAtOperation(killAt);
                ended = await script.RunAsync();
                bench.Disk.Kill();
                bench.Disk.Restart();
                bench.Disk.CrashAtOperation(crashAt);
                opened = await script.TryOpenAsync();
                bench.Disk.Crash();
                await script.RecoverAndCompareAsync();
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_killed_process_finds_its_acknowledged_records_in_the_cache(int seed)
    {
        bool ended = false;
        for (int crashAt = 1; !ended; crashAt++)
        {
            Assert.True(crashAt < OperationsMax);
            var bench = JournalBench.Create(seed * 1000 + crashAt);
            var script = new Script(bench);
            bench.Disk.FailFlushAt(crashAt);
            ended = await script.RunAsync();
            bench.Disk.Kill();
            await script.RecoverAndCompareAsync();
            bench.Disk.Crash();
            await script.RecoverAndCompareAsync();
        }
    }

    [Fact]
    public async Task What_recovery_replayed_after_a_failed_flush_and_a_kill_survives_a_power_cut()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var bench = JournalBench.Create(seed);
            var journal = await bench.OpenAsync();
            await JournalBench.AppendAsync(journal, 100, 9000);
            bench.Disk.FailFlushAt(1);
            Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[5000])));

            // The page cache shows the record whole, and the kernel thinks that it is clean.
            bench.Disk.Kill();
            bench.Disk.Restart();
            await bench.OpenAsync();
            Assert.Equal(3, bench.Replayed.Count);
            await bench.CrashAndOpenAsync();
            Assert.Equal(3, bench.Replayed.Count);
        }
    }

    /// <summary>A record that was handed over is durable by then: its owner may have made something durable that builds on it.</summary>
    [Fact]
    public async Task What_was_replayed_before_a_power_cut_inside_the_opening_is_replayed_again()
    {
        bool opened = false;
        for (int crashAt = 1; !opened; crashAt++)
        {
            for (int seed = 0; seed < 20; seed++)
            {
                var bench = JournalBench.Create((crashAt * 100) + seed);
                var journal = await bench.OpenAsync();
                await JournalBench.AppendAsync(journal, 100);
                bench.Disk.KillAtOperation(1);
                Assert.Equal(DiskFailure.Failed, await JournalBench.FailureOfAsync(async () => await journal.AppendAsync(new byte[5000])));
                bench.Disk.Restart();
                bench.Disk.CrashAtOperation(crashAt);
                opened = await new Script(bench).TryOpenAsync();
                var replayed = bench.Replayed.ToList();
                bench.Disk.Crash();
                bench.Disk.Restart();
                await bench.OpenAsync();
                Assert.Equal(replayed, bench.Replayed.Take(replayed.Count));
            }
        }
    }

    /// <summary>Appends alone and together, quiet times, rotations, trims and reopenings; remembers what was acknowledged.</summary>
    private sealed class Script(JournalBench bench)
    {
        private readonly SortedDictionary<long, byte[]> _acknowledged = [];
        private readonly Dictionary<long, List<byte[]>> _sent = [];
        private long _trimAsked;

        public async Task<bool> RunAsync()
        {
            try
            {
                var journal = await bench.OpenAsync();
                await AppendAsync(journal, 10, 0, 5000, 12000);
                bench.Time.Advance(TimeSpan.FromSeconds(1));
                await AppendTogetherAsync(journal, 100, 200, 9000, 15000, 40, 1);
                long position = await journal.RotateAsync();
                await AppendAsync(journal, 10, 20_000);
                await TrimAsync(journal, position);
                await AppendAsync(journal, 30_000, 30_000, 7);
                await journal.DisposeAsync();
                journal = await bench.OpenAsync();
                await AppendAsync(journal, 1, 2, 3);
                await TrimAsync(journal, journal.EndPosition - 1);
                await AppendAsync(journal, 4000, 70_000, 5);
                return true;
            }
            catch (DiskException error) when (error.Failure == DiskFailure.Failed)
            {
                return false;
            }
        }

        public async Task<bool> TryOpenAsync()
        {
            try
            {
                await bench.OpenAsync();
                return true;
            }
            catch (DiskException error) when (error.Failure == DiskFailure.Failed)
            {
                return false;
            }
        }

        public async Task RecoverAndCompareAsync()
        {
            bench.Disk.Restart();
            var journal = await bench.OpenAsync();
            foreach (var (position, payload) in _acknowledged)
            {
                if (position >= _trimAsked)
                {
                    Assert.True(bench.Replayed.TryGetValue(position, out byte[]? found), $"record {position} is lost");
                    Assert.Equal(payload, found);
                }
            }

            foreach (var (position, payload) in bench.Replayed)
            {
                Assert.Contains(_sent[position], sent => sent.AsSpan().SequenceEqual(payload));
            }

            // What was replayed is acknowledged from now on, and the log goes on behind it.
            foreach (var (position, payload) in bench.Replayed)
            {
                _acknowledged[position] = payload;
            }

            await AppendAsync(journal, 333);
            bench.Disk.Crash();
        }

        private async Task AppendAsync(Journal journal, params int[] sizes)
        {
            foreach (int size in sizes)
            {
                await SendAsync(journal, size);
            }
        }

        private Task AppendTogetherAsync(Journal journal, params int[] sizes) =>
            Task.WhenAll(sizes.Select(size => SendAsync(journal, size)).ToArray());

        private async Task SendAsync(Journal journal, int size)
        {
            byte[] payload = new byte[size];
            new Random(HashOf(_sent.Count, size)).NextBytes(payload);
            long expected = journal.EndPosition;
            if (!_sent.TryGetValue(expected, out var versions))
            {
                _sent.Add(expected, versions = []);
            }

            versions.Add(payload);
            long position = await journal.AppendAsync(payload.AsMemory(0, size / 3), payload.AsMemory(size / 3));
            Assert.Equal(expected, position);
            lock (_acknowledged)
            {
                _acknowledged[position] = payload;
            }
        }

        private async Task TrimAsync(Journal journal, long position)
        {
            _trimAsked = position;
            await journal.TrimAsync(position);
        }

        private static int HashOf(int a, int b) => (a * 7919) + b;
    }
}
