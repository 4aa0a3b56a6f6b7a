using System.Threading.Channels;
using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Replication;

/// <summary>
/// One append stream on one server of its chain. One loop receives, checks, forwards and starts writes; one acknowledges
/// in order what is durable here and below; <see cref="NextHop"/> has two more; one watches for silence. The first
/// failure on any side ends the chain, and with it all appends to this replica for good. The sender's window is held by
/// failing it, not by ceasing to read: unread bytes would stop other streams of the same connection.
/// </summary>
internal sealed class AppendChain(ChainOpening opening, IAppendPeer peer, NextHop? next, ChainContext context, CancellationTokenSource over)
{
    // Each frame has a record in three queues: small ones are bounded by number as large ones are by bytes.
    private const int FramesUnacknowledgedMax = 8_192;

    // Silence is looked for eight times per limit. A server waits two looks longer than the one
    // below it, so that the one next to a fault names it.
    private const int LooksPerSilence = 8;
    private const int LooksPerHop = 2;

    private readonly Channel<PendingFrame> _pending = Channel.CreateUnbounded<PendingFrame>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly ProgressWatch _disk = new(context.Time);
    private DfsException? _failure;
    private FrameEnd _received;
    private long _framesReceived;
    private long _framesAcknowledged;
    private int _acknowledged;
    private uint _writeMicroseconds;
    private long _heardAt = context.Time.GetTimestamp();

    private ServerId Self => context.Identity().Server;

    /// <summary>
    /// Carries the stream to its end; the failure that ended it, or null when all was acknowledged and closed in good order.
    /// </summary>
    public async Task<DfsException?> RunAsync()
    {
        _disk.Started();
        var creating = CreateAsync();
        var watching = GuardAsync(WatchAsync());
        await Task.WhenAll(
            GuardAsync(creating.WaitAsync(over.Token)),
            GuardAsync(ReceiveAsync(creating)),
            GuardAsync(AcknowledgeAsync()),
            next is null ? Task.CompletedTask : GuardAsync(next.SendAsync(over.Token)),
            next is null ? Task.CompletedTask : GuardAsync(next.ReceiveAsync(over.Token))).ConfigureAwait(false);

        // A good end leaves the token alone; whoever cancelled it without a failure is stopping the server, or the sender went away.
        if (over.IsCancellationRequested)
        {
            Fail(new DfsException(ErrorCode.Unavailable, "append", "the stream was cancelled"));
        }

        await over.CancelAsync().ConfigureAwait(false);
        await watching.ConfigureAwait(false);

        // Nobody waits for a disk that hangs: should the replica come into being later, it is closed then.
        _ = CloseAsync(creating);
        return _failure;
    }

    private async Task<ReplicaWriter> CreateAsync()
    {
        try
        {
            return await opening.Volume.CreateAsync(
                opening.Chunk, opening.Generation, opening.Capacity, opening.Mark, CancellationToken.None)
                .ConfigureAwait(false);
        }
        finally
        {
            _disk.Advanced(1);
        }
    }

    private static async Task CloseAsync(Task<ReplicaWriter> creating)
    {
        await ((Task)creating).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (creating.IsCompletedSuccessfully)
        {
            (await creating.ConfigureAwait(false)).Close();
        }
    }

    private async Task ReceiveAsync(Task<ReplicaWriter> creating)
    {
        while (await peer.ReceiveAsync(over.Token).ConfigureAwait(false) is { } message)
        {
            using (message)
            {
                Volatile.Write(ref _heardAt, context.Time.GetTimestamp());
                context.Pace.NoteForeground();
                if (message.Header.KindCase != AppendHeader.KindOneofCase.Frame || message.Payload is not { } payload)
                {
                    throw new DfsException(ErrorCode.InvalidArgument, "append: check frame", "the message is no frame with a payload");
                }

                var frame = message.Header.Frame;
                _received = FrameCheck.Extend(_received, opening.Capacity, frame, payload.Span);
                CheckWindow();
                next?.Forward(new AppendMessage(message.Header, payload.Retain()), _received);
                var writer = await creating.WaitAsync(over.Token).ConfigureAwait(false);
                _disk.Started();
                _pending.Writer.TryWrite(new PendingFrame(_received, WriteAsync(writer, frame, payload)));
            }
        }

        next?.Complete();
        _pending.Writer.Complete();
    }

    private void CheckWindow()
    {
        long bytes = _received.Length - Volatile.Read(ref _acknowledged);
        long frames = ++_framesReceived - Volatile.Read(ref _framesAcknowledged);
        if (bytes > Limits.AppendWindowMax || frames > FramesUnacknowledgedMax)
        {
            throw new DfsException(
                ErrorCode.Overloaded, "append: receive", $"{bytes} bytes in {frames} frames are unacknowledged, beyond the window");
        }
    }

    /// <summary>
    /// The writer checks again and starts the write before it first yields, and keeps the payload for as long as it needs it.
    /// </summary>
    private async Task<FrameEnd> WriteAsync(ReplicaWriter writer, AppendFrame frame, BulkBuffer payload)
    {
        long began = context.Time.GetTimestamp();
        using var span = Tracing.Source.StartActivity("write a frame");
        try
        {
            var (length, digest) = await writer.AppendAsync((int)frame.Offset, payload, frame.PieceCrcs, over.Token).ConfigureAwait(false);
            Volatile.Write(ref _writeMicroseconds, (uint)Math.Min(context.Time.GetElapsedTime(began).TotalMicroseconds, uint.MaxValue));
            return new FrameEnd(length, digest);
        }
        finally
        {
            _disk.Advanced(1);
        }
    }

    private async Task AcknowledgeAsync()
    {
        await foreach (var pending in _pending.Reader.ReadAllAsync(over.Token).ConfigureAwait(false))
        {
            var written = await pending.Write.WaitAsync(over.Token).ConfigureAwait(false);
            if (written != pending.End)
            {
                throw new DfsException(ErrorCode.ChainFailed, "append: write", $"the replica has {written} where {pending.End} was sent")
                {
                    ServerId = Self.Value,
                    Side = FailedSide.Data,
                };
            }

            if (next is not null)
            {
                await next.WaitForAsync(pending.End.Length, over.Token).ConfigureAwait(false);
            }

            Volatile.Write(ref _framesAcknowledged, _framesAcknowledged + 1);
            if (_pending.Reader.TryPeek(out var following) && following.Write.IsCompletedSuccessfully
                && (next is null || next.Acknowledged >= following.End.Length))
            {
                // One acknowledgement tells of all: the next round sends it.
                continue;
            }

            Volatile.Write(ref _acknowledged, pending.End.Length);
            var ack = new AppendAck { Length = (uint)pending.End.Length, Digest = pending.End.Digest };
            ack.HopMicroseconds.Add(Volatile.Read(ref _writeMicroseconds));
            ack.HopMicroseconds.AddRange(next?.HopsBelow ?? []);
            await peer.SendAsync(ack, over.Token).ConfigureAwait(false);
        }
    }

    private async Task WatchAsync()
    {
        var limit = context.Options.ChainSilenceMax;
        var look = limit / LooksPerSilence;
        var limitBelow = limit + (look * (LooksPerHop * opening.HopsBelow));
        while (true)
        {
            // Every chain ends while this waits: that is no exception.
            await Task.Delay(look, context.Time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested)
            {
                return;
            }

            if (_disk.Silence is var disk && disk >= limit)
            {
                throw ChainFailure.DiskSilent(Self, disk);
            }

            if (next is not null && next.Progress.Silence is var below && below >= limit
                && (below >= limitBelow || await IsNextDeadAsync(limit).ConfigureAwait(false)))
            {
                throw ChainFailure.NextSilent(opening.Next!, below);
            }

            if (context.Time.GetElapsedTime(Volatile.Read(ref _heardAt)) >= context.Options.ChainIdleMax)
            {
                throw new DfsException(ErrorCode.TimedOut, "append: receive", $"nothing was sent for {context.Options.ChainIdleMax}");
            }
        }
    }

    /// <summary>
    /// Once it has been silent for as long as a disk may be: one that does not answer a question either is not waiting for those below it.
    /// </summary>
    private async Task<bool> IsNextDeadAsync(TimeSpan limit) =>
        !await ServerProbe.AnswersAsync(context.Connections, opening.Next!.Address, context.Time, over.Token).ConfigureAwait(false)
        && next!.Progress.Silence >= limit;

    private void Fail(DfsException error)
    {
        if (Interlocked.CompareExchange(ref _failure, error, null) is null)
        {
            over.Cancel();
        }
    }

    private async Task GuardAsync(Task part)
    {
        bool ended = false;
        try
        {
            await part.ConfigureAwait(false);
            ended = true;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            ended = true;
        }
        catch (DfsException error)
        {
            Fail(ChainFailure.Here(Self, error));
            ended = true;
        }
        finally
        {
            if (!ended)
            {
                // A defect of ours: it travels on, and the other loops must not wait for it.
                over.Cancel();
            }
        }
    }

    /// <summary>A frame whose write was started, in order of arrival.</summary>
    private readonly record struct PendingFrame(FrameEnd End, Task<FrameEnd> Write);
}
