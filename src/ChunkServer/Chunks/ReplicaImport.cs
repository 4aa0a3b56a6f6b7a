using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>A copy of a sealed chunk on its way in: invisible, and gone after a crash or when disposed, until completed.</summary>
public sealed class ReplicaImport : IAsyncDisposable
{
    private const string Step = "import";

    private readonly ChunkStore _store;
    private readonly ReplicaImports _owner;
    private readonly Replica _replica;
    private readonly IDiskFile _file;
    private readonly BlockChecksums _checksums = new();
    private bool _ended;

    internal ReplicaImport(ChunkStore store, ReplicaImports owner, Replica replica, IDiskFile file)
    {
        _store = store;
        _owner = owner;
        _replica = replica;
        _file = file;
    }

    /// <summary>Bytes written so far; the offset of the next write.</summary>
    public int Written => _checksums.Length;

    /// <summary>What the source says of the chunk: whether it is part of a backup.</summary>
    public void Mark(BackupMark mark) => _replica.Mark = mark;

    /// <summary>Writes the next bytes; the memory is free again when the task ends.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (data.Length > _replica.Length - Written)
        {
            throw new DfsException(
                ErrorCode.ChecksumMismatch, Step, $"chunk {_replica.Chunk}: the source sends more than its {_replica.Length} bytes");
        }

        _store.Health.RequireWritable(Step);
        try
        {
            await _file.WriteAsync(ChunkHeader.AreaBytes + (long)Written, data).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            throw _store.Health.Take(error, Step);
        }

        AddChecksums(data.Span);
    }

    /// <summary>Compares length and digest, makes header and data durable, and then shows the replica. Throws ChecksumMismatch.</summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        if (Written != _replica.Length || _checksums.Digest != _replica.Digest)
        {
            throw new DfsException(
                ErrorCode.ChecksumMismatch,
                Step,
                $"chunk {_replica.Chunk}: {Written} bytes with digest {_checksums.Digest:x8} came, "
                + $"not {_replica.Length} with {_replica.Digest:x8}");
        }

        _store.Health.RequireWritable(Step);
        try
        {
            _checksums.TryGetLastBlock(Written, out uint last);
            uint[] table = _checksums.ToTable(Written, last);
            byte[] area = ChunkHeader.Encode(_replica, _replica.Length, _replica.Digest, table);
            await _file.WriteAsync(0, area).ConfigureAwait(false);
            await _file.FlushAsync().ConfigureAwait(false);
            await _owner.ShowAsync(_replica, table, cancellation).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            throw _store.Health.Take(error, Step);
        }

        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>Abandons the copy unless it was completed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (await EndAsync().ConfigureAwait(false))
        {
            await _owner.AbandonAsync(_replica.Chunk).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> EndAsync()
    {
        if (_ended)
        {
            return false;
        }

        _ended = true;
        _owner.End(_replica);
        await _file.DisposeAsync().ConfigureAwait(false);
        return true;
    }

    private void AddChecksums(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            int piece = BlockChecksums.PieceLength(Written, data.Length);
            _checksums.Add(piece, [Crc32C.Compute(data[..piece])]);
            data = data[piece..];
        }

        _checksums.ForgetBefore(Written);
    }
}
