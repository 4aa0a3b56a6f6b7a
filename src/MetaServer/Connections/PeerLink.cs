using System.Threading.Channels;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Connections;

/// <summary>One direction of the talk with one member: a stream, opened again after a pause when it breaks.</summary>
internal sealed partial class PeerLink
{
    // A few heartbeats, and a window of entries in flight; older ones are worth less than newer ones.
    private const int QueueMax = 64;

    // Half a heartbeat: a member that comes back is reached before its election timeout is over.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // A member that takes nothing for this long is as good as gone; a new stream finds out.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly string _address;
    private readonly IConnections _connections;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<RaftEnvelope> _queue = Channel.CreateBounded<RaftEnvelope>(
        new BoundedChannelOptions(QueueMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private bool _wasBroken;

    public PeerLink(string address, IConnections connections, TimeProvider time, ILogger<PeerLink> log, CancellationToken ending)
    {
        _address = address;
        _connections = connections;
        _time = time;
        _log = log;
        Ended = RunAsync(ending);
    }

    public Task Ended { get; }

    public void Post(RaftEnvelope envelope) => _queue.Writer.TryWrite(envelope);

    private async Task RunAsync(CancellationToken ending)
    {
        try
        {
            while (true)
            {
                await _queue.Reader.WaitToReadAsync(ending).ConfigureAwait(false);
                await TalkAsync(ending).ConfigureAwait(false);
                await Task.Delay(Pause, _time, ending).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    private async Task TalkAsync(CancellationToken ending)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ending);
        try
        {
            using var call = new Protocol.Wire.Consensus.ConsensusClient(_connections.Control(_address)).Talk(
                cancellationToken: stop.Token);
            while (!call.ResponseAsync.IsCompleted && await _queue.Reader.WaitToReadAsync(stop.Token).ConfigureAwait(false))
            {
                while (_queue.Reader.TryRead(out var envelope))
                {
                    await call.RequestStream.WriteAsync(envelope, stop.Token).WaitAsync(Patience, _time, stop.Token).ConfigureAwait(false);
                    _wasBroken = false;
                }
            }

            await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (Exception error) when (BrokenStream.IsToldBy(error) || error is TimeoutException
            || (error is OperationCanceledException && !ending.IsCancellationRequested))
        {
            ending.ThrowIfCancellationRequested();
            if (!_wasBroken)
            {
                _wasBroken = true;
                Broke(_address, error.Message);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The link to metadata server {Address} broke, more failures are not logged: {Reason}")]
    private partial void Broke(string address, string reason);
}
