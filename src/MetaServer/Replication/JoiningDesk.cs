using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// Where a node that joins waits for its first word: the leader of the cluster calls it by the number that it was added under. Every other
/// word is meant for somebody who was here before, who may have voted under that number, and whom this node must not take itself for.
/// </summary>
internal sealed class JoiningDesk : IPeerDesk
{
    private readonly TaskCompletionSource<RaftEnvelope> _called = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first word of the leader.</summary>
    public Task<RaftEnvelope> Called => _called.Task;

    public ITalk BeginTalk() => new Talk(this);

    public Task<SnapshotAnswer> OfferAsync(SnapshotOffer offer, CancellationToken cancellation) => throw Joining();

    public SnapshotPiece Read(SnapshotRead read) => throw Joining();

    private static DfsException Joining() => new(ErrorCode.Unavailable, "talk", "this metadata server waits to be added");

    /// <summary>Ends with the first word: it comes again to the member that this node then is.</summary>
    private sealed class Talk(JoiningDesk desk) : ITalk
    {
        public bool Take(RaftEnvelope envelope)
        {
            if (envelope.AppendRequest is null || envelope.To == 0 || envelope.Sender is not { ClusterId: not 0 })
            {
                return false;
            }

            if (envelope.ToDirectory != 0)
            {
                throw new DfsException(
                    ErrorCode.WrongCluster,
                    "talk",
                    $"metadata node {envelope.To} was here before with another data directory; remove it (dfs admin meta replace)");
            }

            if (!envelope.Invites)
            {
                // A founder that nobody has noted yet, or a leader that has not read its own log to the end.
                return false;
            }

            desk._called.TrySetResult(envelope);
            return false;
        }
    }
}
