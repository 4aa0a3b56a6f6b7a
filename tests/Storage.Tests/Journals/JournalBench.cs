using DfsNet.Devices;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.Storage.Tests.Journals;

/// <summary>A simulated disk with one journal on it, and what is known about its records.</summary>
internal sealed class JournalBench(int seed)
{
    public const string Directory = "journal";

    public static readonly JournalOptions Options = new() { SegmentBytes = 64 * 1024, BatchBytesMax = 16 * 1024, OwnerId = 0xABCD };

    public ManualTime Time { get; } = new();

    public SimulatedDisk Disk { get; private set; } = null!;

    /// <summary>Records by position, as the last opening replayed them.</summary>
    public SortedDictionary<long, byte[]> Replayed { get; } = [];

    public static JournalBench Create(int seed)
    {
        var bench = new JournalBench(seed);
        bench.Disk = new SimulatedDisk(new Random(seed), bench.Time);
        return bench;
    }

    public int Seed { get; } = seed;

    public async Task<Journal> OpenAsync(JournalOptions? options = null)
    {
        Replayed.Clear();
        return await Journal.OpenAsync(Disk.Attach(), Directory, options ?? Options, Time, record =>
        {
            Replayed.Add(record.Position, record.Payload.ToArray());
            return ValueTask.CompletedTask;
        }, CancellationToken.None);
    }

    /// <summary>Crashes and opens again.</summary>
    public async Task<Journal> CrashAndOpenAsync()
    {
        Disk.Crash();
        Disk.Restart();
        return await OpenAsync();
    }

    /// <summary>Writes records of these sizes, each durable before the next.</summary>
    public static async Task<SortedDictionary<long, byte[]>> AppendAsync(Journal journal, params int[] sizes)
    {
        var written = new SortedDictionary<long, byte[]>();
        foreach (int size in sizes)
        {
            byte[] payload = Payload(journal.EndPosition, size);
            written.Add(await journal.AppendAsync(payload), payload);
        }

        return written;
    }

    /// <summary>A payload that names its position, so that a record cannot pass for another.</summary>
    public static byte[] Payload(long position, int size)
    {
        byte[] payload = new byte[size];
        new Random((int)position + 1).NextBytes(payload);
        return payload;
    }

    public string LastSegment() => Disk.Paths.Last(path => path.EndsWith(".segment", StringComparison.Ordinal));

    public static async Task<DiskFailure> FailureOfAsync(Func<Task> action) => (await Assert.ThrowsAsync<DiskException>(action)).Failure;
}
