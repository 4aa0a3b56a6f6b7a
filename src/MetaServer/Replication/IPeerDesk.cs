using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>Where other metadata servers are heard.</summary>
internal interface IPeerDesk
{
    /// <summary>One stream of messages begins.</summary>
    ITalk BeginTalk();

    /// <summary>The leader has a snapshot for this node.</summary>
    Task<SnapshotAnswer> OfferAsync(SnapshotOffer offer, CancellationToken cancellation);

    /// <summary>A node fetches a piece of a snapshot that was offered to it.</summary>
    SnapshotPiece Read(SnapshotRead read);
}

/// <summary>One stream of messages.</summary>
internal interface ITalk
{
    /// <summary>False when the stream is not heard any more.</summary>
    bool Take(RaftEnvelope envelope);
}
