using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>The parts of one volume, for the classes that each do one thing with them.</summary>
internal sealed class ChunkStore
{
    public required VolumeId Id { get; init; }

    public required IDisk Disk { get; init; }

    public required VolumeOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    public required VolumeHealth Health { get; init; }

    public required VolumeSpace Space { get; init; }

    public required ReplicaTable Table { get; init; }

    public required VolumeJournal Journal { get; init; }

    public required FileHandles Files { get; init; }

    public ChunkGates Gates { get; } = new();

    /// <summary>What is never created again.</summary>
    public RemovedReplicas Removed { get; } = new();

    public required ChecksumTables Tables { get; init; }

    public required ByteBudget InFlight { get; init; }

    /// <summary>Set when the volume is being closed; guarded by the table's order.</summary>
    public bool Closing { get; set; }

    /// <summary>Open chunks whose writer is alive; guarded by the table's order, as are the two methods below.</summary>
    public int AppendableCount { get; private set; }

    public void StartAppends(OpenReplica open)
    {
        open.Appendable = true;
        AppendableCount++;
    }

    /// <summary>
    /// No append follows; what the chunk did not use of its promised bytes is free again. False when that was so already.
    /// </summary>
    public bool StopAppends(OpenReplica? open)
    {
        if (open is not { Appendable: true })
        {
            return false;
        }

        open.Appendable = false;
        AppendableCount--;
        Space.Release(open.Capacity - open.Checksums.Length);
        return true;
    }

    /// <summary>Writes what found no room when the volume was opened, up to this length. Called with the chunk's gate held.</summary>
    public async ValueTask WriteUnwrittenAsync(OpenReplica open, ChunkFile file, int length)
    {
        if (open.Unwritten is { } unwritten)
        {
            await unwritten.WriteAsync(file, length).ConfigureAwait(false);
            lock (Table.Order) // guards the replica
            {
                open.Unwritten = null;
            }
        }
    }

    /// <summary>The replica that an order of this generation is for.</summary>
    public Replica Require(ChunkId chunk, Generation generation, string step)
    {
        lock (Table.Order) // guards the table
        {
            var replica = Table.Find(chunk);
            if (replica is null or { State: ReplicaState.Leaving }
                || (replica.Generation.CompareTo(generation) < 0 && replica.Generation.Value != 0))
            {
                // Gone, or one that an order of a newer generation does not mean.
                throw NotFound(chunk, step);
            }

            RequireNotOlder(replica, generation, step);
            return replica;
        }
    }

    /// <summary>Called under the table's order.</summary>
    public void RequireNotClosing(string step)
    {
        if (Closing)
        {
            throw new DfsException(ErrorCode.Unavailable, step, $"volume {Id} is closing");
        }
    }

    public static void RequireNotOlder(Replica replica, Generation generation, string step)
    {
        if (generation.CompareTo(replica.Generation) < 0)
        {
            throw new DfsException(
                ErrorCode.StaleOrder,
                step,
                $"chunk {replica.Chunk} is here in generation {replica.Generation}; the order is of {generation}");
        }
    }

    public static DfsException NotFound(ChunkId chunk, string step) =>
        new(ErrorCode.ChunkNotFound, step, $"chunk {chunk} is not on this volume");

    public static DfsException Damaged(ChunkId chunk, string step) =>
        new(ErrorCode.ChecksumMismatch, step, $"the replica of chunk {chunk} is damaged");
}
