using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>
/// The chunk store of one data directory: everything it acknowledges survives power loss, everything it returns was verified.
/// </summary>
public sealed partial class Volume : IAsyncDisposable
{
    private const int SumAlwaysMax = 10_000;

    private static readonly TimeSpan SumValidFor = TimeSpan.FromSeconds(5);

    private readonly ChunkStore _store;
    private readonly Checkpoint _checkpoint;
    private readonly ReplicaCreation _creation;
    private readonly ReplicaReads _reads;
    private readonly ReplicaSeal _seal;
    private readonly ReplicaRemoval _removal;
    private readonly ReplicaImports _imports;
    private readonly ILogger _log;
    private long _sum;
    private long? _sumValid;

    private Volume(ChunkStore store, Checkpoint checkpoint, ILogger log)
    {
        var quarantine = new Quarantine(store, log);
        _store = store;
        _log = log;
        _checkpoint = checkpoint;
        _creation = new ReplicaCreation(store, checkpoint);
        _reads = new ReplicaReads(new BlockReader(store, quarantine), store.Time);
        _seal = new ReplicaSeal(store, _reads, quarantine, log);
        _removal = new ReplicaRemoval(store);
        _imports = new ReplicaImports(store);
    }

    /// <summary>Recovers what the directory holds. Throws Corrupt when the journal is damaged, missing, or another volume's.</summary>
    public static async Task<Volume> OpenAsync(
        IDisk disk, VolumeIdentity identity, VolumeOptions options, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        var opening = new VolumeOpening(disk, identity, options, time, log);
        var (store, checkpoint) = await opening.RunAsync(cancellation).ConfigureAwait(false);
        return new Volume(store, checkpoint, log);
    }

    public VolumeId Id => _store.Id;

    /// <summary>Healthy, Full or Failed.</summary>
    public VolumeState State => _store.Health.State;

    /// <summary>Measures the space; a full volume recovers here when there is space again.</summary>
    public async ValueTask<VolumeStatus> MeasureAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var (capacity, room) = await _store.Space.MeasureAsync().ConfigureAwait(false);
        _checkpoint.Retry();
        int chunks;
        lock (_store.Table.Order) // guards the table
        {
            chunks = _store.Table.Count;
        }

        return new VolumeStatus
        {
            VolumeId = Id.Value,
            State = State,
            CapacityBytes = (ulong)capacity,
            AvailableBytes = (ulong)room,
            Chunks = (ulong)chunks,
            Detail = _store.Health.Detail,
            StoredBytes = (ulong)StoredBytes(chunks),
        };
    }

    /// <summary>Creates an empty replica durably; the only way to append to a chunk in its whole life. Refused below the reserve.</summary>
    public Task<ReplicaWriter> CreateAsync(
        ChunkId chunk, Generation generation, int capacity, BackupMark mark, CancellationToken cancellation) =>
        _creation.CreateAsync(chunk, generation, capacity, mark, cancellation);

    /// <summary>
    /// Verified bytes: <paramref name="offset"/> on a block boundary, the end on one or at <paramref name="knownLength"/>; at most 1
    /// MiB.
    /// </summary>
    public ValueTask<BulkBuffer> ReadAsync(ChunkId chunk, int offset, int length, int knownLength, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return _reads.ReadAsync(chunk, offset, length, knownLength);
    }

    /// <summary>Verified bytes from anywhere, at most one block long.</summary>
    public ValueTask<BulkBuffer> ReadSmallAsync(ChunkId chunk, int offset, int length, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return _reads.ReadSmallAsync(chunk, offset, length);
    }

    /// <summary>CRC32C of each block of [0, length); the last one covers what is left.</summary>
    public ValueTask<uint[]> GetChecksumsAsync(ChunkId chunk, int length, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return _reads.GetChecksumsAsync(chunk, length);
    }

    /// <summary>
    /// Cuts, compares and seals; a replica that is shorter or differs becomes damaged (ChecksumMismatch). Repeating it is no error.
    /// </summary>
    public Task SealAsync(ChunkId chunk, Generation generation, int length, uint digest, CancellationToken cancellation) =>
        _seal.SealAsync(chunk, generation, length, digest, cancellation);

    /// <summary>Removes a replica, durably when the task ends. Repeating it is no error.</summary>
    public Task RemoveAsync(ChunkId chunk, Generation generation, CancellationToken cancellation) =>
        _removal.RemoveAsync(chunk, generation, cancellation);

    /// <summary>Begins a copy of a sealed chunk; invisible until completed.</summary>
    public Task<ReplicaImport> ImportAsync(
        ChunkId chunk, Generation generation, int length, uint digest, CancellationToken cancellation) =>
        _imports.BeginAsync(chunk, generation, length, digest, cancellation);

    /// <summary>
    /// Reads the whole replica against its checksums; false when it is damaged (and quarantined). Reported as a change either way.
    /// </summary>
    public Task<bool> VerifyAsync(ChunkId chunk, CancellationToken cancellation) => VerifyAsync(chunk, null, cancellation);

    /// <summary>The same at leisure: between two pieces it asks whether to step back behind others.</summary>
    public async Task<bool> VerifyAsync(ChunkId chunk, StepBack? stepBack, CancellationToken cancellation)
    {
        bool good = await _reads.VerifyAsync(chunk, stepBack, cancellation).ConfigureAwait(false);
        _store.Table.Changes.Add(chunk);
        return good;
    }

    /// <summary>Whether the volume has a replica of the chunk, in whatever condition.</summary>
    public bool Holds(ChunkId chunk)
    {
        lock (_store.Table.Order) // guards the table
        {
            return _store.Table.Find(chunk) is not null;
        }
    }

    /// <summary>One replica's present state; null when the volume has none.</summary>
    public ReplicaReport? Find(ChunkId chunk) => _store.Table.Describe(chunk);

    /// <summary>Whether the replica says that it is part of a backup; the mark of an ordinary one also where there is none.</summary>
    public BackupMark MarkOf(ChunkId chunk)
    {
        lock (_store.Table.Order) // guards the table
        {
            return _store.Table.Find(chunk)?.Mark ?? default;
        }
    }

    /// <summary>Replicas with a greater id than <paramref name="after"/>, in order of id.</summary>
    public IReadOnlyList<ReplicaReport> Report(ChunkId after, int limit) => _store.Table.Report(after, limit);

    /// <summary>
    /// The present state of replicas that changed since they were last taken (each once); empty when none did. Removed ones are not in
    /// it.
    /// </summary>
    public IReadOnlyList<ReplicaReport> TakeChanges(int limit) => _store.Table.TakeChanges(limit);

    /// <summary>Returns when there may be changes to take.</summary>
    public Task WaitForChangesAsync(CancellationToken cancellation) => _store.Table.Changes.WaitAsync(cancellation);

    /// <summary>
    /// Ends the appends under way, makes a last checkpoint and lets go of the files. A disk that hangs is given up after a while.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        List<Replica> open;
        lock (_store.Table.Order) // guards the table and the closing flag
        {
            if (_store.Closing)
            {
                return;
            }

            _store.Closing = true;
            open = [.. _store.Table.All.Where(replica => replica.Open is not null)];
            open.ForEach(replica => _store.StopAppends(replica.Open));
        }

        if (!await Patience.WaitAsync(CloseAsync(open), Patience.AtStop, _store.Time).ConfigureAwait(false))
        {
            GivenUp(Id, Patience.AtStop);
        }
    }

    /// <summary>Summing up hundreds of thousands of replicas takes milliseconds: not twice a second.</summary>
    private long StoredBytes(int chunks)
    {
        if (chunks < SumAlwaysMax || _sumValid is not { } at || _store.Time.GetElapsedTime(at) >= SumValidFor)
        {
            _sum = _store.Table.SumLengths();
            _sumValid = _store.Time.GetTimestamp();
        }

        return _sum;
    }

    private async Task CloseAsync(List<Replica> open)
    {
        foreach (var replica in open)
        {
            await (replica.Open?.LastAppend ?? Task.CompletedTask).ConfigureAwait(false);
        }

        if (State != VolumeState.Failed && !_store.Journal.Empty)
        {
            await _checkpoint.RunAsync().ConfigureAwait(false);
        }

        await _checkpoint.StopAsync().ConfigureAwait(false);
        await _store.Journal.DisposeAsync().ConfigureAwait(false);
        foreach (var replica in open)
        {
            // A seal under way may still need the file.
            using var held = await _store.Gates.EnterAsync(replica.Chunk, CancellationToken.None).ConfigureAwait(false);
            await (replica.Open?.File?.ReleaseAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }

        await _store.Files.DisposeAsync().ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Volume {Volume} did not come to rest within {Limit}: its disk hangs, and the next start recovers what is durable")]
    private partial void GivenUp(VolumeId volume, TimeSpan limit);
}
