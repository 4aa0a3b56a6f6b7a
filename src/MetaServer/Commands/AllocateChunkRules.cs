using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Gives a session a new open chunk on the servers that the leader chose.</summary>
internal static class AllocateChunkRules
{
    public static CommandResult Apply(CommandContext context, AllocateChunk command)
    {
        uint replication = command.Replication == 0 ? context.Cluster!.Replication : command.Replication;
        RequireRoom(context);
        RequirePlacements(context, command, replication);
        var chunk = ChunkLedger.Allocate(context, replication);
        var places = new List<ReplicaPlace>();
        foreach (var placement in command.Placements)
        {
            var place = new ReplicaPlace(new ServerId(placement.ServerId), new VolumeId(placement.VolumeId));
            ReplicaLedger.Add(context, chunk, place.Server, place.Volume);
            places.Add(place);
        }

        context.Announce(new ChunkAllocated(chunk, new Generation(context.Index), context.Session, places));
        return new CommandResult { ChunkId = chunk.Value, Generation = context.Index };
    }

    private static void RequireRoom(CommandContext context)
    {
        var session = context.State.Require(Keys.Session(context.Session));
        if (session.OpenChunks >= Limits.SessionOpenChunksMax || session.OwnedChunks >= Limits.SessionOwnedChunksMax)
        {
            throw Refusal.Because(
                ErrorCode.LimitExceeded,
                $"session {context.Session} owns {session.OwnedChunks} chunks, {session.OpenChunks} of them open: release some first");
        }
    }

    private static void RequirePlacements(CommandContext context, AllocateChunk command, uint replication)
    {
        uint least = Math.Min(context.Cluster!.MinReplicas, replication);
        if (command.Placements.Count < least)
        {
            throw Refusal.Because(
                ErrorCode.TooFewServers, $"{command.Placements.Count} servers can take a chunk, {least} are needed: start chunk servers");
        }

        if (command.Placements.Count > replication)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, $"{command.Placements.Count} placements for replication {replication}");
        }

        var seen = new HashSet<ulong>();
        foreach (var placement in command.Placements)
        {
            var server = context.State.Get(Keys.Server(new ServerId(placement.ServerId)));
            if (server is null || !server.VolumeIds.Contains(placement.VolumeId) || !seen.Add(placement.ServerId))
            {
                throw Refusal.Because(
                    ErrorCode.InvalidArgument, $"server {placement.ServerId}, volume {placement.VolumeId:x16}: unknown, or named twice");
            }
        }
    }
}
