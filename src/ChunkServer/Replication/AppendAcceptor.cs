using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Replication;

/// <summary>
/// Takes arriving append streams: reads the opening, connects the next server, runs the chain, and says up the stream why it ended.
/// </summary>
internal sealed partial class AppendAcceptor(ChainContext context, ILogger<AppendAcceptor> log)
{
    // The far side may have stopped reading; the reason of the end is worth no more than this.
    private static readonly TimeSpan LastWordTimeout = TimeSpan.FromSeconds(1);

    private int _active;

    /// <summary>Streams at this moment.</summary>
    public int Active => Volatile.Read(ref _active);

    public async Task ServeAsync(IAppendPeer peer, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var chunk = default(ChunkId);
        DfsException? failure;
        try
        {
            if (Interlocked.Increment(ref _active) > context.Options.AppendsMax)
            {
                throw new DfsException(
                    ErrorCode.Overloaded, "append: open", $"{context.Options.AppendsMax} append streams are open already");
            }

            if (await ReceiveOpeningAsync(peer, over.Token).ConfigureAwait(false) is not { } opening)
            {
                return;
            }

            chunk = opening.Chunk;
            failure = await RunAsync(opening, peer, over).ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            failure = error;
        }
        finally
        {
            Interlocked.Decrement(ref _active);
        }

        if (failure is not null)
        {
            ChainEnded(chunk, failure.Code, failure.ServerId, failure.Side, failure.Step, failure.Message);
            await SayWhyAsync(peer, failure, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<ChainOpening?> ReceiveOpeningAsync(IAppendPeer peer, CancellationToken cancellation)
    {
        AppendMessage? first;
        try
        {
            first = await peer.ReceiveAsync(cancellation).AsTask()
                .WaitAsync(context.Options.ChainSilenceMax, context.Time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            throw new DfsException(ErrorCode.TimedOut, "append: open", "nothing was sent on the new stream", error);
        }

        using (first)
        {
            return first is null ? null : ChainOpening.From(first.Header, context.Identity(), context.Volumes);
        }
    }

    private async Task<DfsException?> RunAsync(ChainOpening opening, IAppendPeer peer, CancellationTokenSource over)
    {
        if (opening.Next is not { } member)
        {
            return await new AppendChain(opening, peer, null, context, over).RunAsync().ConfigureAwait(false);
        }

        var call = context.Bulk.OpenAppend(member.Address, over.Token);
        var next = new NextHop(member, call, opening.ForNext, context.Time);
        await using (next.ConfigureAwait(false))
        {
            return await new AppendChain(opening, peer, next, context, over).RunAsync().ConfigureAwait(false);
        }
    }

    private async Task SayWhyAsync(IAppendPeer peer, DfsException failure, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(LastWordTimeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
        try
        {
            await peer.SendAsync(new AppendAck { Error = ErrorStatus.ToDetail(failure) }, either.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is DfsException or OperationCanceledException)
        {
            ReasonUnheard(error.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Append chain of chunk {Chunk} ended: {Code}, server {Server}, side {Side}, {Step}: {Reason}")]
    private partial void ChainEnded(ChunkId chunk, ErrorCode code, ulong server, FailedSide side, string step, string reason);

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "The sender of an append stream was gone before it heard why the stream ended: {Reason}")]
    private partial void ReasonUnheard(string reason);
}
