using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Client.Metadata;

/// <summary>One attempt of a call.</summary>
internal delegate AsyncUnaryCall<TReply> MetadataCall<TReply>(Protocol.Wire.Metadata.MetadataClient client, CallOptions options);

/// <summary>What the attempts of one call came to so far.</summary>
internal sealed class CallHistory
{
    /// <summary>An attempt ended without an answer: it may have taken effect.</summary>
    public bool Unanswered { get; set; }
}

/// <summary>
/// Calls the metadata leader: finds it, repeats what may be repeated, within the caller's deadline. Everything it sends may be sent twice:
/// reads change nothing, changes carry a request id, opening a session carries a nonce.
/// </summary>
internal sealed class MetadataConnection(
    DfsClientOptions options, IConnections connections, TimeProvider time, Jitter jitter)
{
    private readonly LeaderChoice _leader = new(options.MetadataAddresses);

    public TimeProvider Time => time;

    public Jitter Jitter => jitter;

    public CallDeadline NewDeadline() => new(time, options.CallTimeout);

    public Task<TReply> CallAsync<TReply>(string step, MetadataCall<TReply> call, CallDeadline deadline, CancellationToken cancellation) =>
        CallAsync(step, call, new CallHistory(), deadline, cancellation);

    /// <exception cref="DfsException">What the server answered; TimedOut or Unavailable when nothing useful answered in time.</exception>
    public async Task<TReply> CallAsync<TReply>(
        string step, MetadataCall<TReply> call, CallHistory history, CallDeadline deadline, CancellationToken cancellation)
    {
        var backoff = new Backoff(jitter);
        DfsException? last = null;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (last is not null && deadline.IsOver)
            {
                throw deadline.GivenUp(step, last);
            }

            string address = _leader.Current;
            var (reply, error) = await AttemptAsync(address, step, call, deadline, cancellation).ConfigureAwait(false);
            if (error is null)
            {
                return reply!;
            }

            if (!MayBeRepeated(error.Code))
            {
                throw error;
            }

            // NotLeader and Overloaded are said before anything is proposed.
            history.Unanswered |= error.Code is ErrorCode.TimedOut or ErrorCode.Unavailable;
            last = error;
            bool hinted = error.Code != ErrorCode.Overloaded && _leader.MoveOn(address, error.Leader);
            if (!hinted)
            {
                await deadline.PauseAsync(backoff.Next(), cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Nothing useful answered: asking again may help.</summary>
    public static bool MayBeRepeated(ErrorCode code) =>
        code is ErrorCode.Unavailable or ErrorCode.TimedOut or ErrorCode.NotLeader or ErrorCode.Overloaded;

    private async Task<(TReply? Reply, DfsException? Error)> AttemptAsync<TReply>(
        string address, string step, MetadataCall<TReply> call, CallDeadline deadline, CancellationToken cancellation)
    {
        var remaining = deadline.Remaining;
        using var timeout = new CancellationTokenSource(remaining < options.AttemptTimeout ? remaining : options.AttemptTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using var attempt = call(
                new Protocol.Wire.Metadata.MetadataClient(connections.Control(address)), new CallOptions(cancellationToken: linked.Token));
            return (await attempt.ResponseAsync.ConfigureAwait(false), null);
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            return (default, timeout.IsCancellationRequested
                ? NoAnswer(address, step, error)
                : ErrorStatus.FromRpcException(error, $"{step} at {address}"));
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            return (default, NoAnswer(address, step, error));
        }
    }

    private static DfsException NoAnswer(string address, string step, Exception error) =>
        new(ErrorCode.TimedOut, step, $"{step}: metadata server {address} did not answer in time", error);
}
