using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>Looks up, lists and lays out files, each from one snapshot taken after the read barrier.</summary>
internal sealed class FileViews(IStateStore store, Proposer proposer, SessionTable sessions, ServerTable servers, BadReplicas bad)
{
    public async Task<LookupReply> LookupAsync(LookupRequest request, CancellationToken cancellation)
    {
        RequestChecks.Check(request.Target, "lookup");
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        using var snapshot = store.OpenSnapshot();
        return new LookupReply { Attributes = NamespaceReader.Lookup(snapshot, request.Target) };
    }

    public async Task<ListReply> ListAsync(ListRequest request, CancellationToken cancellation)
    {
        RequestChecks.Check(request.Directory, "list");
        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        using var snapshot = store.OpenSnapshot();
        int limit = (int)Math.Min(request.Limit, Limits.ListPageMax);
        return NamespaceReader.List(snapshot, request.Directory, request.After.Span, limit);
    }

    public async Task<GetLayoutReply> GetLayoutAsync(GetLayoutRequest request, CancellationToken cancellation)
    {
        RequestChecks.Check(request.Target, "get layout");
        if (request.ClientId != 0)
        {
            sessions.Touch(new SessionId(request.ClientId));
        }

        await proposer.ReadBarrierAsync(cancellation).ConfigureAwait(false);
        using var snapshot = store.OpenSnapshot();
        int limit = (int)Math.Min(request.MaxSlices, Limits.LayoutPageMax);
        return ToReply(LayoutReader.Read(snapshot, request.Target, request.Offset, limit));
    }

    private GetLayoutReply ToReply(FileLayout layout)
    {
        var reply = new GetLayoutReply { Attributes = layout.Attributes, More = layout.More };
        reply.Slices.AddRange(layout.Slices);
        var health = layout.Chunks.Count > 0 ? servers.Health() : null;
        var named = new SortedSet<ServerId>();
        foreach (var chunk in layout.Chunks)
        {
            reply.Chunks.Add(ToReply(chunk, health!, named));
        }

        foreach (var server in named)
        {
            if (servers.AddressOf(server) is { } address)
            {
                reply.Servers.Add(address);
            }
        }

        return reply;
    }

    private ChunkLayout ToReply(LayoutChunk chunk, ServerHealth health, SortedSet<ServerId> named)
    {
        var reply = new ChunkLayout
        {
            ChunkId = chunk.Chunk.Value,
            State = chunk.Record.State,
            Length = chunk.Record.CommittedLength,
            Digest = chunk.Record.CommittedDigest,
            Replication = chunk.Record.Replication,
        };
        var replicas = chunk.Replicas
            .Where(replica => !replica.Record.Leaving && !bad.Contains(chunk.Chunk, replica.Server))
            .Select(replica => (Place: new ReplicaPlace(replica.Server, new VolumeId(replica.Record.VolumeId)), replica.Record.Generation))
            .OrderBy(replica => Rank(health, replica.Place))
            .ThenBy(replica => replica.Place.Server);
        foreach (var (place, generation) in replicas)
        {
            named.Add(place.Server);
            reply.Replicas.Add(new ReplicaLocation
            {
                ServerId = place.Server.Value,
                VolumeId = place.Volume.Value,
                Generation = generation,
                Slow = health.IsSlow(place),
            });
        }

        return reply;
    }

    /// <summary>Lower is better; a failed volume still reads, but it is the last choice among servers that answer.</summary>
    private static int Rank(ServerHealth health, ReplicaPlace place) => health.Of(place.Server) switch
    {
        ServerState.Healthy => !health.IsVolumeWell(place) ? 2 : health.IsSlow(place) ? 1 : 0,
        ServerState.Suspect => 1,
        _ => 3,
    };
}
