using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Chunks;

/// <summary>Takes damaged replicas out of service: never served again, kept for people to look at, reported until removed.</summary>
internal sealed partial class Quarantine(ChunkStore store, ILogger log)
{
    /// <summary>
    /// False when the replica has changed since <paramref name="version"/>: what looked like damage was a cut or a removal.
    /// </summary>
    public bool TryPut(Replica replica, int version, string what)
    {
        lock (store.Table.Order) // guards the replica, and the order of its record
        {
            if (store.Table.Find(replica.Chunk) != replica || replica.Version != version
                || replica.State is not (ReplicaState.Open or ReplicaState.Sealed))
            {
                return false;
            }

            replica.State = ReplicaState.Damaged;
            replica.Version++;
            store.StopAppends(replica.Open);
            if (store.Health.State != VolumeState.Failed && !store.Closing)
            {
                store.Journal.AppendUnwatched(VolumeRecord.Quarantined(replica.Chunk, replica.Generation));
            }
        }

        store.Tables.Forget(replica);
        store.Table.Changes.Add(replica.Chunk);
        Quarantined(replica.Chunk, replica.Generation, store.Id, what);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Chunk {Chunk} (generation {Generation}) on volume {Volume} was quarantined: {What}")]
    private partial void Quarantined(ChunkId chunk, Generation generation, VolumeId volume, string what);
}
