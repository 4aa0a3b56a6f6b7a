using System.Collections.Concurrent;
using DfsNet.Consensus;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Connections;

/// <summary>The ways to the other members; a message that cannot go is lost, as consensus expects of a network.</summary>
internal sealed class PeerLinks(IConnections connections, MembershipCard card, DigestBook digests, TimeProvider time, ILoggerFactory logs,
    Action<Exception> broken) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, PeerLink> _links = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Never waits.</summary>
    /// <param name="address">Where the receiver is.</param>
    /// <param name="message">What it is told.</param>
    /// <param name="isNew">This node leads, knows all that is committed, and the receiver has no vote yet.</param>
    public void Send(string address, Message message, bool isNew)
    {
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        var envelope = RaftWire.ToEnvelope(message);
        envelope.Sender = card.Mine;
        envelope.ToDirectory = card.DirectoryOf(message.To);
        envelope.Invites = isNew && envelope.ToDirectory == 0;
        envelope.Digest = digests.Newest;
        envelope.Agreed = digests.Agreed;
        _links.GetOrAdd(address, Open).Post(envelope);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_links.Values.Select(link => link.Ended)).ConfigureAwait(false);
        _ending.Dispose();
    }

    private PeerLink Open(string address)
    {
        var link = new PeerLink(address, connections, time, logs.CreateLogger<PeerLink>(), _ending.Token);
        _ = link.Ended.ContinueWith(
            ended => broken(ended.Exception!.GetBaseException()),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
        return link;
    }
}
