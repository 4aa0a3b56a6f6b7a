using DfsNet.MetaServer.Placement;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Repair;

/// <summary>What is to be done next for one chunk.</summary>
internal abstract record RepairDecision
{
    /// <summary>Nothing is wrong with it, or nothing can be done for it now.</summary>
    public static readonly RepairDecision Nothing = new Rest();

    /// <summary>Something is to be done, and servers that would do it are busy.</summary>
    public static readonly RepairDecision Later = new Busy();

    /// <summary>A copy is needed, and no server can take it.</summary>
    public static readonly RepairDecision NoPlace = new Homeless();

    /// <summary>See <see cref="Nothing"/>.</summary>
    private sealed record Rest : RepairDecision;

    /// <summary>See <see cref="Later"/>.</summary>
    private sealed record Busy : RepairDecision;

    /// <summary>See <see cref="NoPlace"/>.</summary>
    private sealed record Homeless : RepairDecision;
}

/// <summary>One more replica is to be made, from the first of the sources that gives the right bytes.</summary>
/// <param name="IsUrgent">One failure away from loss: it does not step back behind foreground work.</param>
internal sealed record MakeReplica(
    ChunkId Chunk, ChunkRecord Record, ReplicaPlace Target, IReadOnlyList<ServerId> Sources, bool IsUrgent) : RepairDecision;

/// <summary>A replica is no use any more: bad, surplus, or on a server that is being emptied.</summary>
internal sealed record DropReplica(ChunkId Chunk, ServerId Server, Generation Generation) : RepairDecision;
