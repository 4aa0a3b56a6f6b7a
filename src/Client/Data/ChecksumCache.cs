using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>Checked block checksums of the chunks read lately, fetched once per chunk and prefix.</summary>
internal sealed class ChecksumCache(ChunkCalls calls, ReplicaRatings ratings)
{
    // At most 4 KiB each: 4 MiB together.
    private const int EntriesMax = 1_024;

    // Guards _entries and _order.
    private readonly Lock _gate = new();
    private readonly Dictionary<(ulong Chunk, int Length, uint Digest), Task<BlockChecksums>> _entries = [];
    private readonly Queue<(ulong Chunk, int Length, uint Digest)> _order = new();

    /// <exception cref="DfsException">No replica gave checksums that combine to the digest.</exception>
    public async Task<BlockChecksums> GetAsync(ChunkSource chunk, TimeSpan patience, CancellationToken cancellation)
    {
        var key = (chunk.ChunkId, chunk.Length, chunk.Digest);
        Task<BlockChecksums>? fetching;
        lock (_gate) // guards _entries and _order
        {
            if (!_entries.TryGetValue(key, out fetching) || fetching.IsFaulted || fetching.IsCanceled)
            {
                // Not ended by the first reader's cancellation: others may wait for it, and it ends soon by itself.
                fetching = FetchAsync(chunk, patience);
                if (!_entries.ContainsKey(key))
                {
                    _order.Enqueue(key);
                }

                _entries[key] = fetching;
                while (_order.Count > EntriesMax)
                {
                    _entries.Remove(_order.Dequeue());
                }
            }
        }

        return await fetching.WaitAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<BlockChecksums> FetchAsync(ChunkSource chunk, TimeSpan patience)
    {
        await Task.Yield();
        var attempts = new ReplicaAttempts(chunk, ratings);
        var request = new GetChecksumsRequest { ChunkId = chunk.ChunkId, Length = (uint)chunk.Length };
        while (attempts.Next() is { } replica)
        {
            try
            {
                var reply = await calls.GetChecksumsAsync(replica, request, patience, CancellationToken.None).ConfigureAwait(false);
                if (BlockChecksums.Check([.. reply.Blocks], chunk.Length, chunk.Digest) is { } good)
                {
                    return good;
                }

                throw new DfsException(
                    ErrorCode.ChecksumMismatch,
                    $"get checksums from {replica.Address}",
                    $"block checksums of chunk {chunk.ChunkId:x} at {replica.Address} do not combine to the digest in the metadata");
            }
            catch (DfsException error)
            {
                attempts.Failed(error);
                calls.Report(chunk, replica, error, 0);
            }
        }

        throw attempts.Exhausted("get checksums");
    }
}
