using DfsNet.ChunkServer.Chunks;
using DfsNet.ChunkServer.Cluster;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Replication;

/// <summary>The first message of an append stream, held against who we are and what we have.</summary>
internal sealed record ChainOpening(
    ChunkId Chunk, Generation Generation, int Capacity, Volume Volume, ChainMember? Next, AppendOpen ForNext)
{
    private const string Step = "append: open";

    // More replicas than any policy asks for; bounds what a stranger can make us parse and forward.
    private const int ChainLengthMax = 16;

    /// <summary>Of the chunk, when it gets bytes of a backup.</summary>
    public BackupMark Mark { get; private init; }

    /// <summary>Servers that follow in the chain.</summary>
    public int HopsBelow { get; private init; }

    public static ChainOpening From(AppendHeader header, NodeIdentity self, VolumeSet volumes)
    {
        if (header.KindCase != AppendHeader.KindOneofCase.Open)
        {
            throw Wrong("the stream does not begin with an opening");
        }

        var open = header.Open;
        if (self.Server == ServerId.None)
        {
            throw new DfsException(ErrorCode.Unavailable, Step, "this server has not registered yet");
        }

        if (open.ClusterId != self.Cluster.Value)
        {
            throw new DfsException(
                ErrorCode.WrongCluster,
                Step,
                $"the chunk belongs to cluster {new ClusterId(open.ClusterId)}, this server to {self.Cluster}");
        }

        var own = CheckChain(open, self.Server);
        if (open.ChunkId == 0 || open.Generation == 0 || open.Capacity is 0 or > Limits.ChunkSizeMax)
        {
            throw Wrong($"chunk {open.ChunkId}, generation {open.Generation}, capacity {open.Capacity}: one of them cannot be");
        }

        var volume = volumes.Find(new VolumeId(own.VolumeId))
            ?? throw new DfsException(ErrorCode.VolumeFailed, Step, $"this server has no volume {new VolumeId(own.VolumeId)}");
        CheckState(volume);

        int position = (int)open.Position;
        var below = open.Clone();
        below.Position++;
        return new ChainOpening(
            new ChunkId(open.ChunkId),
            new Generation(open.Generation),
            (int)open.Capacity,
            volume,
            position + 1 < open.Chain.Count ? open.Chain[position + 1] : null,
            below)
        {
            Mark = new BackupMark(open.BackupIncarnation, open.BackupIndex),
            HopsBelow = open.Chain.Count - position - 1,
        };
    }

    private static ChainMember CheckChain(AppendOpen open, ServerId self)
    {
        if (open.Chain.Count is 0 or > ChainLengthMax || open.Position >= open.Chain.Count)
        {
            throw Wrong($"a chain of {open.Chain.Count} servers has no position {open.Position}");
        }

        if (open.Chain.Select(member => member.ServerId).Distinct().Count() != open.Chain.Count)
        {
            throw Wrong("a server stands in the chain twice");
        }

        var own = open.Chain[(int)open.Position];
        return own.ServerId == self.Value ? own : throw Wrong($"the opening is for server {own.ServerId}, this is server {self}");
    }

    private static void CheckState(Volume volume)
    {
        if (volume.State == VolumeState.Failed)
        {
            throw new DfsException(ErrorCode.VolumeFailed, Step, $"volume {volume.Id} failed and takes no write");
        }

        if (volume.State == VolumeState.Full)
        {
            throw new DfsException(ErrorCode.OutOfSpace, Step, $"volume {volume.Id} is full and takes no new chunk");
        }
    }

    private static DfsException Wrong(string message) => new(ErrorCode.InvalidArgument, Step, message);
}
