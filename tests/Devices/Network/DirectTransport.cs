using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;

namespace DfsNet.Devices.Network;

/// <summary>Bulk links with faults: cut, stall, corrupt, lose acknowledgements. What is under them carries the bytes.</summary>
public sealed class DirectTransport(IBulkTransport inner) : IBulkTransport
{
    private readonly ConcurrentDictionary<string, LinkFaults> _links = new(StringComparer.Ordinal);

    /// <summary>The link to an address.</summary>
    public LinkFaults To(string address) => _links.GetOrAdd(address, static _ => new LinkFaults());

    public IAppendCall OpenAppend(string address, CancellationToken cancellation) =>
        new AppendCall(inner.OpenAppend(address, cancellation), To(address), address);

    public async IAsyncEnumerable<ReadFrame> ReadAsync(
        string address, ReadRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var faults = To(address);
        await foreach (var frame in inner.ReadAsync(address, request, cancellation))
        {
            await PassAsync(faults, address, cancellation);
            if (faults.TakeReadCorruption())
            {
                frame.Payload.Span[0] ^= 0x40;
            }

            yield return frame;
        }
    }

    private static async Task PassAsync(LinkFaults faults, string address, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, faults.CutToken);
        try
        {
            await faults.Open.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Severed(address);
        }

        if (faults.CutToken.IsCancellationRequested)
        {
            throw Severed(address);
        }
    }

    private static DfsException Severed(string address) => new(ErrorCode.Unavailable, "link", $"the link to {address} was cut");

    private sealed class AppendCall(IAppendCall inner, LinkFaults faults, string address) : IAppendCall
    {
        public async ValueTask SendAsync(AppendMessage message, CancellationToken cancellation)
        {
            await PassAsync(faults, address, cancellation);
            if (message.Payload is { } payload && faults.TakeFrameCorruption())
            {
                using var bad = BulkBuffer.CopyOf(payload.Span);
                bad.Span[^1] ^= 0x01;
                await inner.SendAsync(new AppendMessage(message.Header, bad), cancellation);
                return;
            }

            await inner.SendAsync(message, cancellation);
        }

        public ValueTask CompleteAsync() => inner.CompleteAsync();

        public async ValueTask<AppendAck?> ReceiveAsync(CancellationToken cancellation)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, faults.CutToken);
            while (true)
            {
                AppendAck? ack;
                try
                {
                    ack = await inner.ReceiveAsync(either.Token);
                }
                catch (Exception error) when (faults.CutToken.IsCancellationRequested
                    && error is OperationCanceledException or DfsException)
                {
                    throw Severed(address);
                }

                await PassAsync(faults, address, cancellation);
                if (ack is null || !faults.DropAcks)
                {
                    return ack;
                }
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
