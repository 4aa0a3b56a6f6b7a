using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>
/// A volume and the dictionary it must equal: acknowledged is kept, unacknowledged is whole or absent, nothing is ever wrong.
/// </summary>
internal sealed class VolumeModel
{
    private const int ChunksMax = 6;

    private readonly SortedDictionary<ulong, ModelChunk> _chunks = [];
    private readonly ulong[] _slots = new ulong[ChunksMax];
    private VolumeBench _bench = null!;
    private ulong _lastId;

    public VolumeBench Bench => _bench;

    public async Task RunAsync(int seed, IReadOnlyList<(VolumeStep Step, int Slot, int Number)> steps)
    {
        await StartAsync(seed);
        foreach (var (step, slot, number) in steps)
        {
            await TakeAsync(step, slot, number);
        }

        await ReopenAsync(_bench.Disk.Crash);
    }

    public async Task StartAsync(int seed) => _bench = await VolumeBench.CreateAsync(seed);

    /// <summary>Takes a step; false when the volume had to be opened again because of it.</summary>
    public async Task<bool> TakeAsync(VolumeStep step, int slot, int number)
    {
        if (await TryActAsync(step, slot, number))
        {
            return true;
        }

        await ReopenAsync(_bench.Disk.Crash);
        return false;
    }

    /// <summary>Takes a step; false when the volume is of no more use.</summary>
    public async Task<bool> TryActAsync(VolumeStep step, int slot, int number)
    {
        try
        {
            await ActAsync(step, slot, number);
        }
        catch (DfsException error) when (error.Code is ErrorCode.VolumeFailed or ErrorCode.OutOfSpace or ErrorCode.ChecksumMismatch)
        {
            // Damage is reported only where the disk went away under the reader.
            Assert.True(error.Code != ErrorCode.ChecksumMismatch || _bench.Volume.State == VolumeState.Failed, error.ToString());
            if (error.Code == ErrorCode.VolumeFailed)
            {
                return false;
            }
        }

        return _bench.Volume.State != VolumeState.Failed && !_bench.Disk.Crashed;
    }

    public async Task ReopenAsync(Action end)
    {
        end();
        await _bench.ReopenAsync();
        await CompareAsync();
    }

    private Task ActAsync(VolumeStep step, int slot, int number) => step switch
    {
        VolumeStep.Create => CreateAsync(slot),
        VolumeStep.AppendSmall => AppendAsync(slot, [(number % 65_536) + 1]),
        VolumeStep.AppendLarge => AppendAsync(slot, [number + 65_537]),
        VolumeStep.AppendMany => AppendAsync(slot, [number + 1, 1, (number / 7) + 1, 3, 65_536, number + 1]),
        VolumeStep.Read => ReadAsync(slot),
        VolumeStep.Seal => SealAsync(slot, chunk => chunk.Acknowledged),
        VolumeStep.SealShorter => SealAsync(slot, chunk => chunk.Ends[number % chunk.Ends.Count]),
        VolumeStep.Remove => RemoveAsync(slot),
        VolumeStep.Import => ImportAsync(slot, number + 1),
        VolumeStep.Verify => VerifyAsync(slot),
        VolumeStep.Crash => ReopenAsync(_bench.Disk.Crash),
        VolumeStep.Kill => ReopenAsync(_bench.Disk.Kill),
        VolumeStep.Close => CloseAsync(),
        _ => DisturbAsync(step, number),
    };

    private async Task DisturbAsync(VolumeStep step, int number)
    {
        switch (step)
        {
            case VolumeStep.CrashSoon:
                _bench.Disk.CrashAtOperation((number % 12) + 1);
                break;
            case VolumeStep.Full:
                long used = _bench.Disk.Paths.Sum(path => (long)_bench.Disk.Snapshot(path).Length);
                _bench.Disk.CapacityBytes = used + number;
                break;
            case VolumeStep.Roomy:
                _bench.Disk.CapacityBytes = null;
                _bench.Time.Advance(TimeSpan.FromMinutes(1));
                await _bench.Volume.MeasureAsync(CancellationToken.None);
                break;
            default:
                _bench.Disk.FailFlushAt((number % 5) + 1);
                break;
        }
    }

    private ModelChunk? Find(int slot) => _slots[slot] == 0 ? null : _chunks[_slots[slot]];

    private ModelChunk Begin(int slot)
    {
        _slots[slot] = ++_lastId;
        var chunk = new ModelChunk(new ChunkId(_lastId));
        _chunks.Add(_lastId, chunk);
        return chunk;
    }

    private async Task CreateAsync(int slot)
    {
        var chunk = Begin(slot);
        chunk.Writer = await _bench.CreateChunkAsync(chunk.Id);
        chunk.Exists = true;
    }

    private async Task AppendAsync(int slot, int[] lengths)
    {
        if (Find(slot) is not { Writer: { } writer } chunk)
        {
            return;
        }

        var appends = new List<(int End, Task<(int Length, uint Digest)> Task)>();
        foreach (int length in lengths.Where(length => chunk.Ends[^1] + length <= VolumeBench.Capacity))
        {
            int offset = chunk.Ends[^1];
            chunk.Ends.Add(offset + length);
            appends.Add((offset + length, VolumeBench.AppendAsync(writer, offset, length)));
        }

        foreach (var (end, append) in appends)
        {
            try
            {
                Assert.Equal((end, VolumeBench.Digest(chunk.Id, end)), await append);
                chunk.Acknowledged = end;
            }
            catch (DfsException error) when (error.Code is ErrorCode.VolumeFailed or ErrorCode.OutOfSpace or ErrorCode.ChunkSealed)
            {
                chunk.Writer = null;
            }
        }
    }

    private async Task ReadAsync(int slot)
    {
        if (Find(slot) is { Exists: true, Removing: false } chunk)
        {
            await _bench.RequireContentAsync(chunk.Id, chunk.Acknowledged);
        }
    }

    private async Task SealAsync(int slot, Func<ModelChunk, int> choose)
    {
        if (Find(slot) is not { Exists: true, Removing: false } chunk || (chunk.Sealing is null && choose(chunk) > chunk.Acknowledged))
        {
            return;
        }

        chunk.Sealing ??= choose(chunk);
        chunk.Writer = null;
        await _bench.SealAsync(chunk.Id, chunk.Sealing.Value);
        chunk.Sealed = true;
        chunk.Acknowledged = chunk.Sealing.Value;
    }

    private async Task RemoveAsync(int slot)
    {
        if (Find(slot) is { } chunk)
        {
            chunk.Removing = true;
            chunk.Writer = null;
            await _bench.Volume.RemoveAsync(chunk.Id, VolumeBench.Generation, CancellationToken.None);
            chunk.Removed = true;
            _slots[slot] = 0;
        }
    }

    private async Task ImportAsync(int slot, int length)
    {
        var chunk = Begin(slot);
        chunk.Ends.Add(length);
        chunk.Sealing = length;
        await using var import = await _bench.Volume.ImportAsync(
            chunk.Id, VolumeBench.Generation, length, VolumeBench.Digest(chunk.Id, length), CancellationToken.None);
        int half = length / 2;
        await import.WriteAsync(VolumeBench.Content(chunk.Id, 0, half).ToArray(), CancellationToken.None);
        await import.WriteAsync(VolumeBench.Content(chunk.Id, half, length - half).ToArray(), CancellationToken.None);
        await import.CompleteAsync(CancellationToken.None);
        chunk.Exists = true;
        chunk.Sealed = true;
        chunk.Acknowledged = length;
    }

    private async Task VerifyAsync(int slot)
    {
        if (Find(slot) is { Exists: true, Removing: false } chunk)
        {
            Assert.True(await _bench.Volume.VerifyAsync(chunk.Id, CancellationToken.None) || _bench.Volume.State == VolumeState.Failed);
        }
    }

    private async Task CloseAsync()
    {
        await _bench.CloseAndOpenAsync();
        await CompareAsync();
    }

    private async Task CompareAsync()
    {
        var reports = _bench.Volume.Report(new ChunkId(0), int.MaxValue).ToDictionary(report => report.ChunkId);
        Assert.DoesNotContain(reports.Keys, id => !_chunks.ContainsKey(id));
        foreach (var chunk in _chunks.Values)
        {
            await CompareAsync(chunk, reports.GetValueOrDefault(chunk.Id.Value));
        }
    }

    private async Task CompareAsync(ModelChunk chunk, ReplicaReport? report)
    {
        chunk.Writer = null;
        Assert.False(report is not null && chunk.Removed, $"chunk {chunk.Id} was removed and is back");
        Assert.False(report is null && chunk is { Exists: true, Removing: false }, $"chunk {chunk.Id} is gone");
        if (report is null)
        {
            chunk.Removing = true;
            return;
        }

        // Without rot nothing is ever damaged; a removal that was broken off on a full disk may leave a chunk without a file.
        bool mayBeDamaged = chunk.Removing;
        Assert.True(report.Condition != ReplicaCondition.Damaged || mayBeDamaged, $"chunk {chunk.Id} is damaged");
        if (report.Condition == ReplicaCondition.Damaged)
        {
            return;
        }

        int length = (int)report.Length;
        Assert.Contains(length, chunk.Ends);
        Assert.True(length >= (chunk.Sealing ?? chunk.Acknowledged), $"chunk {chunk.Id} has {length} of {chunk.Acknowledged} bytes");
        Assert.Equal(VolumeBench.Digest(chunk.Id, length), report.Digest);
        Assert.True(!chunk.Sealed || (report.Condition == ReplicaCondition.Sealed && length == chunk.Acknowledged));
        Assert.True(report.Condition != ReplicaCondition.Sealed || length == chunk.Sealing);
        await _bench.RequireContentAsync(chunk.Id, length);
        chunk.Exists = true;
        chunk.Sealed |= report.Condition == ReplicaCondition.Sealed;
        chunk.Acknowledged = length;
        chunk.Ends.RemoveAll(end => end > length);
    }

    /// <summary>What is known of one chunk.</summary>
    private sealed class ModelChunk(ChunkId id)
    {
        public ChunkId Id { get; } = id;

        public ReplicaWriter? Writer { get; set; }

        /// <summary>Ends of all frames sent.</summary>
        public List<int> Ends { get; } = [0];

        public int Acknowledged { get; set; }

        /// <summary>Its creation was acknowledged, or it was seen after a crash.</summary>
        public bool Exists { get; set; }

        /// <summary>A seal at this length was ordered.</summary>
        public int? Sealing { get; set; }

        public bool Sealed { get; set; }

        public bool Removing { get; set; }

        public bool Removed { get; set; }
    }
}
