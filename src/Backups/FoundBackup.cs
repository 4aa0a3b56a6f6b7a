using DfsNet.MetaServer.Backups;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Backups;

/// <summary>A backup that chunk servers hold.</summary>
public sealed class FoundBackup
{
    private readonly MarkedChunks _chunks;
    private readonly BackupMap _map;

    internal FoundBackup(MarkedChunks chunks, BackupMap map)
    {
        _chunks = chunks;
        _map = map;
        Missing = [.. map.Parts.Where(part => !chunks.Has(part.ChunkId, (long)part.Offset + part.Length))
            .Select(part => new ChunkId(part.ChunkId)).Distinct()];
    }

    /// <summary>What it holds.</summary>
    public BackupHeader Header => _map.Header;

    /// <summary>Its name in the file system that it is of.</summary>
    public BackupName Name => BackupName.Of(_map.Header);

    /// <summary>In bytes.</summary>
    public long Length => (long)_map.Length;

    /// <summary>Chunks of it that no server has which was asked; empty: it can be restored from.</summary>
    public IReadOnlyList<ChunkId> Missing { get; }

    /// <summary>The backup, from whoever gives the right bytes; reading throws a <see cref="DfsException"/> where nobody does.</summary>
    public Stream OpenRead() => new PartStream(_chunks, _map);

    /// <summary>One part in memory at a time.</summary>
    private sealed class PartStream(MarkedChunks chunks, BackupMap map) : ForwardStream
    {
        private ReadOnlyMemory<byte> _present;
        private int _next;

        public override long Length => (long)map.Length;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_present.IsEmpty && _next < map.Parts.Count)
            {
                _present = await chunks.ReadAsync(map.Parts[_next++], cancellationToken).ConfigureAwait(false);
            }

            int length = Math.Min(buffer.Length, _present.Length);
            _present[..length].CopyTo(buffer);
            _present = _present[length..];
            return length;
        }
    }
}
