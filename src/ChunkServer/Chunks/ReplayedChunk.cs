using DfsNet.Protocol;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>What the journal says of one chunk, record by record.</summary>
internal sealed class ReplayedChunk(ChunkId chunk)
{
    private readonly List<LargeAppend> _unproven = [];

    public ChunkId Chunk { get; } = chunk;

    /// <summary>Of the newest state below.</summary>
    public Generation Generation { get; private set; }

    public int Capacity { get; private set; }

    public BackupMark Mark { get; private set; }

    /// <summary>Null unless the chunk is open.</summary>
    public BlockChecksums? Checksums { get; private set; }

    /// <summary>Large appends that may not have reached the file: nothing later in the journal says that they were acknowledged.</summary>
    public IReadOnlyList<LargeAppend> Unproven => _unproven;

    /// <summary>Set when the chunk was sealed: its header must stand in the file.</summary>
    public Generation? SealedGeneration { get; private set; }

    public Generation? RemovedGeneration { get; private set; }

    public Generation? QuarantinedGeneration { get; private set; }

    /// <summary>The journal contradicts itself; empty when it does not.</summary>
    public string Contradiction { get; private set; } = "";

    /// <summary>The file of an open chunk that the replay wrote to.</summary>
    public ChunkFile? File { get; set; }

    /// <summary>What there was no room for in the file; null when there is nothing.</summary>
    public UnwrittenAppends? Unwritten { get; private set; }

    // An append was refused by a full disk; what came behind it was never acknowledged.
    private bool _broken;

    private int _durableLength;

    /// <summary>Takes the next record of this chunk; true when it is a small append whose payload belongs into the file.</summary>
    public bool Apply(in VolumeRecord record)
    {
        switch (record.Kind)
        {
            case VolumeRecordKind.Created:
                Begin(record, new BlockChecksums(), durableLength: 0);
                return false;
            case VolumeRecordKind.SmallAppend:
            case VolumeRecordKind.LargeAppend:
                return Checksums is not null && record.Generation == Generation && ApplyAppend(record);
            case VolumeRecordKind.OpenState:
                ApplyOpenState(record);
                return false;
            case VolumeRecordKind.Sealed:
                Checksums = null;
                SealedGeneration = record.Generation;
                return false;
            case VolumeRecordKind.Removed:
                Checksums = null;
                SealedGeneration = null;
                RemovedGeneration = record.Generation;
                return false;
            default:
                QuarantinedGeneration = record.Generation;
                return false;
        }
    }

    /// <summary>There was no room in the file for these bytes.</summary>
    public void Keep(int offset, ReadOnlySpan<byte> payload) => (Unwritten ??= new UnwrittenAppends()).Add(offset, payload);

    /// <summary>Drops what lies behind <paramref name="length"/>, a frame end.</summary>
    public void Cut(int length)
    {
        bool known = Checksums!.TryGetLastBlock(length, out uint last);
        Integrity.Invariant.Require(known, "an append that was never acknowledged begins at a frame end that is still known");
        Checksums = Checksums.Cut(length, last);
    }

    private void Begin(in VolumeRecord record, BlockChecksums checksums, int durableLength)
    {
        Generation = record.Generation;
        Capacity = record.Capacity;
        Mark = record.Mark;
        Checksums = checksums;
        SealedGeneration = null;
        Contradiction = "";
        Unwritten = null;
        _durableLength = durableLength;
        _broken = false;
        _unproven.Clear();
    }

    private bool ApplyAppend(in VolumeRecord record)
    {
        var (offset, length, durable) = record.Range;
        if (offset > Checksums!.Length)
        {
            _broken = true;
        }

        if (offset < Checksums.Length || durable > Checksums.Length)
        {
            Contradiction = $"the journal has an append at {offset} with {durable} acknowledged, where {Checksums.Length} bytes were";
        }

        if (_broken || Contradiction.Length > 0)
        {
            return false;
        }

        uint[] crcs = record.PieceCrcs;
        Checksums.Add(length, crcs);
        if (durable > _durableLength)
        {
            _durableLength = durable;
            _unproven.RemoveAll(append => append.Offset + append.Length <= durable);
        }

        if (record.Kind == VolumeRecordKind.SmallAppend)
        {
            return true;
        }

        _unproven.Add(new LargeAppend(offset, length, crcs));
        return false;
    }

    // Without what came before it (already trimmed), everything it says is durable. Otherwise it repeats what is known, or cuts it.
    private void ApplyOpenState(in VolumeRecord record)
    {
        var state = record.ReadOpenState();
        if (Checksums is null || Generation != record.Generation)
        {
            Begin(record, state ?? new BlockChecksums(), state?.Length ?? 0);
            Contradiction = state is null ? "its state in the journal contradicts itself" : "";
        }
        else if (state is not null && state.Length < Checksums.Length)
        {
            Checksums = state;
            _broken = true;
            _unproven.RemoveAll(append => append.Offset + append.Length > state.Length);
        }
    }
}

/// <summary>An append whose bytes lie in the chunk's file.</summary>
internal sealed record LargeAppend(int Offset, int Length, uint[] PieceCrcs);
