using DfsNet.ChunkServer.Chunks;
using DfsNet.Devices;
using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>A simulated disk with one volume on it, and chunks whose content follows from their id.</summary>
internal sealed class VolumeBench
{
    public const int Capacity = 4 * 1024 * 1024;

    // The smallest there is, so that scripts of a few hundred kilobytes see checkpoints.
    public static readonly VolumeOptions Options = new() { ReserveBytes = 1, CheckpointBytes = 256 * 1024, ScanParallelism = 1 };

    private static readonly Dictionary<ulong, byte[]> Contents = [];

    private readonly List<Volume> _opened = [];

    private VolumeBench(int seed) => Disk = new SimulatedDisk(new Random(seed), Time);

    public StillTime Time { get; } = new();

    public SimulatedDisk Disk { get; }

    public Volume Volume { get; private set; } = null!;

    public static Generation Generation { get; } = new(7);

    public static async Task<VolumeBench> CreateAsync(int seed = 1)
    {
        var bench = new VolumeBench(seed);
        await bench.OpenAsync(fresh: true);
        return bench;
    }

    public async Task OpenAsync(bool fresh = false, VolumeOptions? options = null)
    {
        var identity = new VolumeIdentity(new ClusterId(1), new ServerId(2), new VolumeId(3), fresh);
        Volume = await Volume.OpenAsync(
            Disk.Attach(), identity, options ?? Options, Time, NullLogger.Instance, CancellationToken.None);
        _opened.Add(Volume);
    }

    /// <summary>The power fails; afterwards the directory is opened again.</summary>
    public async Task CrashAndOpenAsync()
    {
        Disk.Crash();
        await ReopenAsync();
    }

    /// <summary>Opens again after a crash or a kill; what is left of the old volume must come to an end.</summary>
    public async Task ReopenAsync()
    {
        await CloseAllAsync();
        Disk.Restart();
        await OpenAsync();
    }

    public async Task CloseAndOpenAsync()
    {
        await CloseAllAsync();
        await OpenAsync();
    }

    public async Task CloseAllAsync()
    {
        foreach (var volume in _opened)
        {
            await volume.DisposeAsync();
        }

        _opened.Clear();
    }

    public static ReadOnlySpan<byte> Content(ChunkId chunk, int offset, int length)
    {
        byte[]? content;
        // Guards the contents.
        lock (Contents)
        {
            if (!Contents.TryGetValue(chunk.Value, out content))
            {
                content = new byte[Capacity];
                new Random((int)chunk.Value).NextBytes(content);
                Contents.Add(chunk.Value, content);
            }
        }

        return content.AsSpan(offset, length);
    }

    public static uint Digest(ChunkId chunk, int length) => Crc32C.Compute(Content(chunk, 0, length));

    public static uint[] Pieces(ChunkId chunk, int offset, int length)
    {
        var crcs = new List<uint>();
        for (int piece; length > 0; offset += piece, length -= piece)
        {
            piece = Math.Min(length, Limits.BlockSize - (offset % Limits.BlockSize));
            crcs.Add(Crc32C.Compute(Content(chunk, offset, piece)));
        }

        return [.. crcs];
    }

    public Task<ReplicaWriter> CreateChunkAsync(ChunkId chunk) =>
        Volume.CreateAsync(chunk, Generation, Capacity, default, CancellationToken.None);

    public static Task<(int Length, uint Digest)> AppendAsync(ReplicaWriter writer, int offset, int length)
    {
        using var payload = BulkBuffer.CopyOf(Content(writer.Chunk, offset, length));
        return writer.AppendAsync(offset, payload, Pieces(writer.Chunk, offset, length), CancellationToken.None);
    }

    /// <summary>A chunk with these frames, each durable before the next.</summary>
    public async Task<ReplicaWriter> WriteChunkAsync(ChunkId chunk, params int[] frames)
    {
        var writer = await CreateChunkAsync(chunk);
        int offset = 0;
        foreach (int frame in frames)
        {
            Assert.Equal((offset + frame, Digest(chunk, offset + frame)), await AppendAsync(writer, offset, frame));
            offset += frame;
        }

        return writer;
    }

    public async Task SealAsync(ChunkId chunk, int length) =>
        await Volume.SealAsync(chunk, Generation, length, Digest(chunk, length), CancellationToken.None);

    public ReplicaReport? Find(ChunkId chunk) =>
        Volume.Report(new ChunkId(chunk.Value - 1), 1) is [var report] && report.ChunkId == chunk.Value ? report : null;

    /// <summary>Reads all of [0, length) in every way there is, and compares.</summary>
    public async Task RequireContentAsync(ChunkId chunk, int length)
    {
        const int step = 15 * Limits.BlockSize;
        for (int offset = 0; offset < length; offset += step)
        {
            int count = Math.Min(step, length - offset);
            using var bytes = await Volume.ReadAsync(chunk, offset, count, length, CancellationToken.None);
            Assert.True(bytes.Span.SequenceEqual(Content(chunk, offset, count)));
        }

        if (length > 0)
        {
            int offset = length / 3;
            int count = Math.Min(Limits.BlockSize, length - offset);
            using var bytes = await Volume.ReadSmallAsync(chunk, offset, count, CancellationToken.None);
            Assert.True(bytes.Span.SequenceEqual(Content(chunk, offset, count)));
            Assert.Equal(Pieces(chunk, 0, length), await Volume.GetChecksumsAsync(chunk, length, CancellationToken.None));
        }
    }

    public async Task RequireDamagedAsync(ChunkId chunk)
    {
        Assert.Equal(ErrorCode.ChecksumMismatch, await FailAsync(() => RequireContentAsync(chunk, 1_000)));
        Assert.Equal(ReplicaCondition.Damaged, Find(chunk)!.Condition);
    }

    public static async Task<ErrorCode> FailAsync(Func<Task> action) => (await Assert.ThrowsAsync<DfsException>(action)).Code;

    public string PathOf(ChunkId chunk) => ChunkPath.File(chunk);

    /// <summary>A clock that stands still: no timer fires, so that a script makes the same disk operations each time.</summary>
    internal sealed class StillTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();

        public void Advance(TimeSpan span) => Interlocked.Add(ref _ticks, span.Ticks);

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
