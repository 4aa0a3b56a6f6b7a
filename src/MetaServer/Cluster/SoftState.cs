using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// What the leader knows beyond the record, kept in step with it: loaded from the store when the node begins to lead, then told every event
/// by the applier.
/// </summary>
internal sealed class SoftState(
    IStateReads store, ServerTable servers, SessionTable sessions, OpenChunks open, OrderBook orders, BadReplicas bad,
    RemovalCandidates removals, RepairDesk repair, TimeProvider time)
{
    /// <summary>From the record, before the node serves.</summary>
    public void Load()
    {
        foreach (var (server, record) in StateReader.Servers(store))
        {
            servers.Put(server, record);
            foreach (var (chunk, generation) in StateReader.Leaving(store, server))
            {
                orders.AddRemoval(server, chunk, generation);
            }
        }

        foreach (var (session, _) in StateReader.Sessions(store))
        {
            sessions.Add(session, isNew: false);
            foreach (var chunk in StateReader.OwnedChunks(store, session))
            {
                LoadOpen(chunk, session);
            }
        }

        FindRemovals();
        if (StateReader.Cluster(store) is { } cluster)
        {
            repair.Balance.Follow(cluster.Balance);
            FollowDeadline(cluster.RepairDeadlineUnixMs);
        }
    }

    /// <summary>Scans for chunks that nobody owns or refers to.</summary>
    public void FindRemovals()
    {
        foreach (var chunk in StateReader.UnreferencedChunks(store))
        {
            removals.Add(chunk);
        }
    }

    /// <summary>Called by the applier after each entry, in order, before the entry's caller is answered.</summary>
    public void Observe(Applied applied)
    {
        foreach (var happened in applied.Events)
        {
            Observe(happened);
        }
    }

    private void Observe(StateEvent happened)
    {
        switch (happened)
        {
            case ChunkAllocated chunk:
                open.Add(chunk.Chunk, chunk.Generation, chunk.Owner, chunk.Places);
                break;
            case ChunkSealed chunk:
                OrderSeals(chunk);
                break;
            case ChunkUnreferenced chunk:
                removals.Add(chunk.Chunk);
                break;
            case ChunkReferenced chunk:
                removals.Drop(chunk.Chunk);
                break;
            case ChunkRemoved chunk:
                open.Remove(chunk.Chunk);
                removals.Drop(chunk.Chunk);
                break;
            case ReplicaLeaving replica:
                orders.AddRemoval(replica.Server, replica.Chunk, replica.Generation);
                repair.Queue.Done(replica.Chunk);
                repair.Moves.Left(replica.Chunk, replica.Server);
                break;
            case ReplicaGone replica:
                orders.ConfirmRemoval(replica.Server, replica.Chunk);
                bad.Clear(replica.Chunk, replica.Server);
                repair.Queue.Suspect(replica.Chunk);
                break;
            case ChunkWanted chunk:
                repair.Queue.Suspect(chunk.Chunk);
                break;
            case ReplicaAdded replica:
                repair.Queue.Done(replica.Chunk);
                repair.Queue.Suspect(replica.Chunk);
                break;
            case SessionOpened session:
                sessions.Add(session.Session, isNew: true);
                break;
            case SessionEnded session:
                sessions.Remove(session.Session);
                break;
            case ServerRegistered server when StateReader.Server(store, server.Server) is { } record:
                servers.Put(server.Server, record);
                Follow(server.Server, record);
                break;
            case BalanceWished balance:
                FollowBalance(balance.Wish);
                break;
            case DeadlineWished deadline:
                FollowDeadline(deadline.UnixMs);
                break;
            case ServerRemoved server:
                servers.Remove(server.Server);
                orders.Forget(server.Server);
                break;
        }
    }

    /// <summary>A server that is emptied counts no more from now on, and takes no more.</summary>
    private void Follow(ServerId server, ServerRecord record)
    {
        repair.Sweeps.Want(server);
        if (record.Draining)
        {
            open.RequestSealOn(server);
        }
    }

    private void FollowBalance(BalanceWish wish)
    {
        repair.Balance.Follow(wish);
        if (repair.Balance.IsStopped)
        {
            repair.Moves.Clear();
        }
    }

    /// <summary>A wish of people, by their clocks: one that goes wrong hurries copies, or does not.</summary>
    private void FollowDeadline(long unixMs) => repair.Pace.SetDeadline(
        unixMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(unixMs) - time.GetUtcNow());

    private void OrderSeals(ChunkSealed chunk)
    {
        // It may have had too few replicas from its birth.
        repair.Queue.Suspect(chunk.Chunk);
        if (open.Remove(chunk.Chunk) is not { } was)
        {
            return;
        }

        foreach (var place in was.Places)
        {
            orders.AddSeal(place.Server, chunk.Chunk, was.Generation, chunk.Length, chunk.Digest);
        }
    }

    private void LoadOpen(ChunkId chunk, SessionId owner)
    {
        if (StateReader.Chunk(store, chunk) is { State: ChunkState.Open } record)
        {
            open.Add(
                chunk,
                new Generation(record.Generation),
                owner,
                [.. StateReader.Replicas(store, chunk).Where(row => !row.Record.Leaving)
                    .Select(row => new ReplicaPlace(row.Server, new VolumeId(row.Record.VolumeId)))]);
        }
    }
}
