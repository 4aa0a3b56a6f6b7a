using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;

namespace DfsNet.Backups;

/// <summary>The marked chunks of a cluster as its chunk servers have them, and a way to read them that needs no metadata.</summary>
internal sealed class MarkedChunks(IConnections connections, IBulkTransport bulk, TimeProvider time)
{
    private const string Step = "read a backup";

    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(10);

    // A chunk of 64 MiB from one busy disk.
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(60);

    private readonly SortedDictionary<ulong, List<(string Address, ReplicaReport Report)>> _replicas = [];
    private ulong _cluster;

    /// <summary>Chunk ids, ascending, by the backup that they belong to.</summary>
    public ILookup<BackupMark, ulong> ByMark => _replicas
        .SelectMany(pair => pair.Value.Select(replica => (Mark: MarkOf(replica.Report), Chunk: pair.Key)).Distinct())
        .ToLookup(pair => pair.Mark, pair => pair.Chunk);

    /// <summary>Asks one server for all that it has; the newest incarnation that it was told.</summary>
    /// <exception cref="DfsException">It does not answer, or cannot yet; WrongCluster: it is not of the same as others.</exception>
    public async Task<ulong> AskAsync(string address, CancellationToken cancellation)
    {
        ulong after = 0;
        while (true)
        {
            var request = new ListBackupsRequest { After = after };
            var reply = await BoundedCall.RunAsync(
                "list backups",
                address,
                CallTime,
                time,
                options => new Chunk.ChunkClient(connections.Control(address)).ListBackupsAsync(request, options),
                cancellation).ConfigureAwait(false);
            RequireCluster(address, reply.ClusterId);
            foreach (var report in reply.Replicas)
            {
                if (!_replicas.TryGetValue(report.ChunkId, out var known))
                {
                    _replicas.Add(report.ChunkId, known = []);
                }

                known.Add((address, report));
                after = Math.Max(after, report.ChunkId);
            }

            if (reply.Last || reply.Replicas.Count == 0)
            {
                return reply.SeenIncarnation;
            }
        }
    }

    /// <summary>Some replica has the range, as far as its server says.</summary>
    public bool Has(ulong chunk, long end) => ReplicasOf(chunk, end).Any();

    /// <summary>At most one block from the beginning of a chunk.</summary>
    /// <exception cref="DfsException">No replica gives it.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadHeadAsync(ulong chunk, int length, CancellationToken cancellation)
    {
        uint most = _replicas[chunk].Max(replica => replica.Report.Length);
        uint count = Math.Min((uint)Math.Min(length, Limits.BlockSize), most);
        return count == 0
            ? ReadOnlyMemory<byte>.Empty
            : await ReadAsync(chunk, 0, (int)count, _ => true, cancellation).ConfigureAwait(false);
    }

    /// <summary>A range of a chunk whose checksum is known: the first replica that gives the right bytes counts.</summary>
    /// <exception cref="DfsException">DataLoss: none does.</exception>
    public Task<ReadOnlyMemory<byte>> ReadAsync(BackupPart part, CancellationToken cancellation) => ReadAsync(
        part.ChunkId, (int)part.Offset, (int)part.Length, bytes => Crc32C.Compute(bytes.Span) == part.Crc, cancellation);

    /// <inheritdoc cref="ReadAsync(BackupPart, CancellationToken)"/>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(
        ulong chunk, int offset, int length, Func<ReadOnlyMemory<byte>, bool> isRight, CancellationToken cancellation)
    {
        string last = "no chunk server that was asked has it whole";
        foreach (var (address, report) in ReplicasOf(chunk, (long)offset + length))
        {
            try
            {
                var bytes = await ReadFromAsync(address, report, offset, length, cancellation).ConfigureAwait(false);
                if (isRight(bytes))
                {
                    return bytes;
                }

                last = $"{address} gave other bytes";
            }
            catch (DfsException error)
            {
                last = $"{address}: {error.Message}";
            }
        }

        throw new DfsException(
            ErrorCode.DataLoss, Step, $"chunk {new ChunkId(chunk)} of the backup cannot be read: {last}; ask more chunk servers");
    }

    // Ids and marks of two clusters mean different things: what one knows must not be read as the other's.
    private void RequireCluster(string address, ulong cluster)
    {
        if (cluster != 0 && _cluster != 0 && cluster != _cluster)
        {
            throw new DfsException(
                ErrorCode.WrongCluster,
                "list backups",
                $"chunk server {address} is of cluster {new ClusterId(cluster)}, others of {new ClusterId(_cluster)}: name those of one");
        }

        _cluster = cluster != 0 ? cluster : _cluster;
    }

    private static BackupMark MarkOf(ReplicaReport report) => new(report.BackupIncarnation, report.BackupIndex);

    private IEnumerable<(string Address, ReplicaReport Report)> ReplicasOf(ulong chunk, long end) =>
        _replicas.GetValueOrDefault(chunk, []).Where(
            replica => replica.Report.Condition != ReplicaCondition.Damaged && replica.Report.Length >= end);

    // Servers give whole blocks.
    private async Task<ReadOnlyMemory<byte>> ReadFromAsync(
        string address, ReplicaReport report, int offset, int length, CancellationToken cancellation)
    {
        int first = offset - (offset % Limits.BlockSize);
        int end = (int)Math.Min(report.Length, ((offset + (long)length + Limits.BlockSize - 1) / Limits.BlockSize) * Limits.BlockSize);
        var request = new ReadRequest
        {
            ChunkId = report.ChunkId,
            Offset = (uint)first,
            Length = (uint)(end - first),
            KnownLength = report.Length,
        };
        byte[] bytes = new byte[end - first];
        int read = 0;
        using var timeout = new CancellationTokenSource(ReadTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await foreach (var frame in bulk.ReadAsync(address, request, either.Token).ConfigureAwait(false))
            {
                using (frame)
                {
                    if (frame.Header.Offset != first + read || frame.Payload.Length > bytes.Length - read)
                    {
                        throw new DfsException(ErrorCode.Corrupt, Step, "it sent other bytes than were asked for");
                    }

                    frame.Payload.Span.CopyTo(bytes.AsSpan(read));
                    read += frame.Payload.Length;
                }
            }
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new DfsException(ErrorCode.TimedOut, Step, "it did not answer in time", error);
        }

        return read == bytes.Length
            ? bytes.AsMemory(offset - first, length)
            : throw new DfsException(ErrorCode.Unavailable, Step, $"it sent {read} of {bytes.Length} bytes");
    }
}
