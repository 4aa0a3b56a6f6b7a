using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>Where a chunk was placed: the opening of its append stream.</summary>
internal sealed record ChunkPlace(AppendOpen Open)
{
    public IReadOnlyList<ChainMember> Chain => Open.Chain;

    public static ChunkPlace From(AllocateChunkReply reply, Session session, BackupMark mark)
    {
        var addresses = reply.Servers.ToDictionary(server => server.ServerId, server => server.Address);
        var open = new AppendOpen
        {
            ChunkId = reply.ChunkId,
            Generation = reply.Generation,
            SessionId = session.Id.Value,
            ClusterId = session.ClusterId.Value,
            Capacity = (uint)session.ChunkSize,
            BackupIncarnation = mark.Incarnation,
            BackupIndex = mark.Index,
        };
        foreach (var member in reply.Chain)
        {
            if (!addresses.TryGetValue(member.ServerId, out string? address))
            {
                throw new DfsException(
                    ErrorCode.Internal, "allocate chunk", $"the metadata server named server {member.ServerId} without an address");
            }

            open.Chain.Add(new ChainMember { ServerId = member.ServerId, Address = address, VolumeId = member.VolumeId });
        }

        return open.Chain.Count != 0
            ? new ChunkPlace(open)
            : throw new DfsException(ErrorCode.Internal, "allocate chunk", "the metadata server named no chunk server");
    }
}
