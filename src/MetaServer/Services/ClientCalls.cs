using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>Sessions, and the changes that clients submit within them.</summary>
internal sealed class ClientCalls(
    Proposer proposer, SessionTable sessions, OpenChunks open, SlowVolumes slow, MetaServerOptions options, ClusterRecord cluster)
{
    public async Task<OpenSessionReply> OpenSessionAsync(OpenSessionRequest request, CancellationToken cancellation)
    {
        RequestChecks.Check(request);
        var command = new Command { OpenSession = new OpenSession { Nonce = request.Nonce, ClientName = request.ClientName } };
        var result = await ProposeAsync(command, "open session", cancellation).ConfigureAwait(false);
        sessions.Touch(new SessionId(result.SessionId));
        return new OpenSessionReply
        {
            SessionId = result.SessionId,
            ClusterId = cluster.ClusterId,
            Incarnation = cluster.Incarnation,
            SessionTimeoutMs = (uint)options.SessionTimeout.TotalMilliseconds,
            KeepAliveMs = (uint)options.KeepAliveInterval.TotalMilliseconds,
            ChunkSize = cluster.ChunkSize,
            FeatureLevel = cluster.FeatureLevel,
            LayoutTrustMs = (uint)options.LayoutTrust.TotalMilliseconds,
            OpenChunksMax = Limits.SessionOpenChunksMax,
        };
    }

    /// <summary>Not through the log, so no queue of commands delays it.</summary>
    public KeepAliveReply KeepAlive(KeepAliveRequest request)
    {
        RequestChecks.Check(request);
        var reply = new KeepAliveReply { HeldWanted = sessions.KeepAlive(request) };
        slow.Hear(new SessionId(request.SessionId), request.Seen);
        reply.SealRequested.AddRange(open.RequestedOf(new SessionId(request.SessionId)).Select(chunk => chunk.Value));
        return reply;
    }

    public async Task<EndSessionReply> EndSessionAsync(EndSessionRequest request, CancellationToken cancellation)
    {
        RequestChecks.Check(request);
        var end = new EndSession { SessionId = request.SessionId };
        end.Chunks.AddRange(request.Chunks);
        await ProposeAsync(new Command { EndSession = end }, "end session", cancellation).ConfigureAwait(false);
        return new EndSessionReply();
    }

    public async Task<SubmitReply> SubmitAsync(SubmitRequest request, CancellationToken cancellation)
    {
        RequestChecks.Check(request);
        sessions.Touch(new SessionId(request.Request.SessionId));
        var command = new Command { Request = request.Request, Client = request.Command };
        return new SubmitReply { Result = await ProposeAsync(command, "submit", cancellation).ConfigureAwait(false) };
    }

    private async Task<CommandResult> ProposeAsync(Command command, string step, CancellationToken cancellation)
    {
        var committed = await proposer.ProposeAsync(command, cancellation).ConfigureAwait(false);
        var result = committed.Result;
        return result.Error == ErrorCode.Unspecified ? result : throw new DfsException(result.Error, step, result.Message);
    }
}
