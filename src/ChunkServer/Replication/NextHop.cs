using System.Threading.Channels;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Replication;

/// <summary>
/// The next server of a chain: one loop sends what is to be forwarded, one receives its
/// acknowledgements and holds each against the digest of what was sent. Its queues hold no more than
/// the chain's window, which the chain guards; so a hung server below never stops the reading above.
/// </summary>
internal sealed class NextHop(ChainMember member, IAppendCall call, AppendOpen open, TimeProvider time) : IAsyncDisposable
{
    private static readonly UnboundedChannelOptions OneToOne = new() { SingleReader = true, SingleWriter = true };

    private readonly Channel<AppendMessage> _outgoing = Channel.CreateUnbounded<AppendMessage>(OneToOne);
    private readonly Channel<FrameEnd> _ends = Channel.CreateUnbounded<FrameEnd>(OneToOne);
    private readonly Channel<int> _acknowledgements = Channel.CreateUnbounded<int>(OneToOne);

    private volatile DfsException? _sendFailure;
    private volatile IReadOnlyList<uint> _hopsBelow = [];
    private int _acknowledged;

    /// <summary>The next server has, durably and with all below it, bytes up to here. Used by the acknowledging loop alone.</summary>
    public int Acknowledged
    {
        get
        {
            while (_acknowledgements.Reader.TryRead(out int length))
            {
                _acknowledged = length;
            }

            return _acknowledged;
        }
    }

    /// <summary>How long each server below took to make its newest frame durable, as the last acknowledgement told.</summary>
    public IReadOnlyList<uint> HopsBelow => _hopsBelow;

    /// <summary>What the next server owes us.</summary>
    public ProgressWatch Progress { get; } = new(time);

    /// <summary>Queues a frame; takes over its payload.</summary>
    public void Forward(AppendMessage message, FrameEnd end)
    {
        Progress.Started();
        _ends.Writer.TryWrite(end);
        _outgoing.Writer.TryWrite(message);
    }

    /// <summary>No frame follows.</summary>
    public void Complete()
    {
        _ends.Writer.TryComplete();
        _outgoing.Writer.TryComplete();
    }

    public async ValueTask WaitForAsync(int length, CancellationToken cancellation)
    {
        while (_acknowledged < length)
        {
            _acknowledged = await _acknowledgements.Reader.ReadAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Sends the opening and what is forwarded. A failure is kept: the receiving loop may hear the true reason from the server itself.
    /// </summary>
    public async Task SendAsync(CancellationToken cancellation)
    {
        try
        {
            await call.SendAsync(new AppendMessage(new AppendHeader { Open = open }, null), cancellation).ConfigureAwait(false);
            await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                using (message)
                {
                    await call.SendAsync(message, cancellation).ConfigureAwait(false);
                }
            }

            await call.CompleteAsync().ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            // Silence bounds the wait for that reason.
            Progress.Started();
            _sendFailure = error;
        }
    }

    /// <summary>
    /// Returns when the next server has acknowledged everything and ended in good order; else throws a failure that names it.
    /// </summary>
    public async Task ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            while (await call.ReceiveAsync(cancellation).ConfigureAwait(false) is { } ack)
            {
                Acknowledge(ack);
            }
        }
        catch (DfsException error)
        {
            throw ChainFailure.Link(member, error);
        }

        if (!_ends.Reader.Completion.IsCompleted)
        {
            throw ChainFailure.Network(member, _sendFailure?.Message ?? "the stream ended early");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Complete();
        while (_outgoing.Reader.TryRead(out var message))
        {
            message.Dispose();
        }

        await call.DisposeAsync().ConfigureAwait(false);
    }

    private void Acknowledge(AppendAck ack)
    {
        if (ack.Error is { } detail)
        {
            throw ChainFailure.Below(member, detail);
        }

        int frames = 0;
        FrameEnd end;
        do
        {
            if (!_ends.Reader.TryRead(out end) || (uint)end.Length > ack.Length)
            {
                throw ChainFailure.Differs(member, $"acknowledged {ack.Length} bytes, which is no frame end");
            }

            frames++;
        }
        while ((uint)end.Length != ack.Length);

        if (end.Digest != ack.Digest)
        {
            throw ChainFailure.Differs(member, $"digest {ack.Digest:x8} of {ack.Length} bytes where {end.Digest:x8} was sent");
        }

        _hopsBelow = ack.HopMicroseconds;
        Progress.Advanced(frames);
        _acknowledgements.Writer.TryWrite(end.Length);
    }
}
