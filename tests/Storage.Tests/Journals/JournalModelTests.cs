using CsCheck;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.Storage.Tests.Journals;

/// <summary>Any sequence of appends, rotations, trims, faults, crashes and reopenings, against a list of what was acknowledged.</summary>
public sealed class JournalModelTests
{
    private enum Step
    {
        Append,
        AppendMany,
        AppendLarge,
        Rotate,
        Trim,
        Quiet,
        Crash,
        CrashSoon,
        Kill,
        Close,
        Full,
        FlushFails,
    }

    [Fact]
    public void A_journal_behaves_like_a_list_through_crashes_and_faults()
    {
        var steps = Gen.Select(Gen.Enum<Step>(), Gen.Int[0, 7000]).List[0, 40];
        Gen.Select(Gen.Int[0, 1_000_000], steps).Sample(
            (seed, list) => new Model(seed).RunAsync(list).GetAwaiter().GetResult(), iter: 500, threads: 1);
    }

    private sealed class Model(int seed)
    {
        private readonly JournalBench _bench = JournalBench.Create(seed);
        private readonly SortedDictionary<long, byte[]> _acknowledged = [];
        private readonly Dictionary<long, List<byte[]>> _sent = [];
        private Journal _journal = null!;
        private long _trimmed;
        private int _count;

        public async Task RunAsync(IReadOnlyList<(Step Step, int Number)> steps)
        {
            _journal = await _bench.OpenAsync();
            foreach (var (step, number) in steps)
            {
                try
                {
                    await TakeAsync(step, number);
                }
                catch (DiskException error) when (error.Failure is DiskFailure.Failed or DiskFailure.Full)
                {
                    if (error.Failure == DiskFailure.Failed)
                    {
                        await ReopenAsync(_bench.Disk.Crash);
                    }
                }
            }

            await ReopenAsync(_bench.Disk.Crash);
        }

        private async Task TakeAsync(Step step, int number)
        {
            switch (step)
            {
                case Step.Append:
                    await SendAsync(number);
                    break;
                case Step.AppendMany:
                    await Task.WhenAll(Enumerable.Range(0, (number % 9) + 2).Select(i => SendAsync(number * i % 5000)).ToArray());
                    break;
                case Step.AppendLarge:
                    await SendAsync(number * 10);
                    break;
                case Step.Rotate:
                    await _journal.RotateAsync();
                    break;
                case Step.Trim:
                    _trimmed = Math.Max(_trimmed, Math.Max(0, _journal.EndPosition - (number % 10)));
                    await _journal.TrimAsync(_trimmed);
                    break;
                case Step.Quiet:
                    _bench.Time.Advance(TimeSpan.FromMilliseconds(50));
                    break;
                case Step.Crash:
                    await ReopenAsync(_bench.Disk.Crash);
                    break;
                case Step.CrashSoon:
                    _bench.Disk.CrashAtOperation((number % 12) + 1);
                    break;
                case Step.Kill:
                    await ReopenAsync(_bench.Disk.Kill);
                    break;
                case Step.Close:
                    await _journal.DisposeAsync();
                    await ReopenAsync(_bench.Disk.Kill);
                    break;
                case Step.Full:
                    _bench.Disk.FailWriteAt((number % 5) + 1, DiskFailure.Full);
                    break;
                case Step.FlushFails:
                    _bench.Disk.FailFlushAt((number % 5) + 1);
                    break;
            }
        }

        private async Task SendAsync(int size)
        {
            byte[] payload = new byte[size];
            new Random(++_count).NextBytes(payload);
            long expected = _journal.EndPosition;
            if (!_sent.TryGetValue(expected, out var versions))
            {
                _sent.Add(expected, versions = []);
            }

            versions.Add(payload);
            long position = await _journal.AppendAsync(payload);
            lock (_acknowledged)
            {
                _acknowledged.Add(position, payload);
            }
        }

        private async Task ReopenAsync(Action stop)
        {
            stop();
            _bench.Disk.Restart();
            _journal = await _bench.OpenAsync();
            foreach (var (position, payload) in _acknowledged.Where(record => record.Key >= _trimmed))
            {
                Assert.True(_bench.Replayed.TryGetValue(position, out byte[]? found), $"record {position} is lost");
                Assert.Equal(payload, found);
            }

            _acknowledged.Clear();
            foreach (var (position, payload) in _bench.Replayed)
            {
                Assert.Contains(_sent[position], sent => sent.AsSpan().SequenceEqual(payload));
                _acknowledged.Add(position, payload);
            }

            _trimmed = Math.Min(_trimmed, _journal.EndPosition);
        }
    }
}
