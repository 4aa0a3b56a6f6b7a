using System.Threading.Channels;
using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// Carries out seals, removals and verifications that a metadata server ordered, a few at a time. Orders repeat until they are
/// confirmed: one that is under way already is passed over. What they come to travels as changes and confirmations.
/// </summary>
internal sealed partial class OrderExecutor(
    VolumeSet volumes, OrderTerms terms, Announcements announcements, int atOnce, ILogger<OrderExecutor> log)
{
    // Orders over this are dropped: they come again with the next heartbeat.
    private const int QueuedMax = 10_000;

    private readonly Channel<Order> _queue = Channel.CreateBounded<Order>(new BoundedChannelOptions(QueuedMax));

    // Guards _underWay.
    private readonly Lock _gate = new();
    private readonly HashSet<(ulong Chunk, ulong Generation, Order.KindOneofCase Kind)> _underWay = [];

    public void Submit(IEnumerable<Order> orders)
    {
        foreach (var order in orders)
        {
            if (order.KindCase == Order.KindOneofCase.None || order.ChunkId == 0)
            {
                continue;
            }

            if (!terms.Accept(order.Term))
            {
                OrderRefused(order.KindCase, new ChunkId(order.ChunkId), order.Term);
                continue;
            }

            // Guards _underWay.
            lock (_gate)
            {
                if (!_underWay.Add(KeyOf(order)))
                {
                    continue;
                }
            }

            if (!_queue.Writer.TryWrite(order))
            {
                Finish(order);
            }
        }
    }

    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => WorkAsync(cancellation)));

    private static (ulong Chunk, ulong Generation, Order.KindOneofCase Kind) KeyOf(Order order) =>
        (order.ChunkId, order.Generation, order.KindCase);

    private void Finish(Order order)
    {
        // Guards _underWay.
        lock (_gate)
        {
            _underWay.Remove(KeyOf(order));
        }
    }

    private async Task WorkAsync(CancellationToken cancellation)
    {
        await foreach (var order in _queue.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            try
            {
                await CarryOutAsync(order, cancellation).ConfigureAwait(false);
            }
            catch (DfsException error)
            {
                // It is ordered again until it succeeds or the metadata server changes its mind.
                OrderFailed(order.KindCase, new ChunkId(order.ChunkId), order.Generation, error.Code, error.Message);
            }
            finally
            {
                Finish(order);
            }
        }
    }

    private async Task CarryOutAsync(Order order, CancellationToken cancellation)
    {
        var chunk = new ChunkId(order.ChunkId);
        var generation = new Generation(order.Generation);
        var volume = volumes.Holder(chunk);
        if (order.KindCase == Order.KindOneofCase.Remove)
        {
            await RemoveAsync(order, cancellation).ConfigureAwait(false);
            return;
        }

        if (volume is null)
        {
            // The replica that is in the record never came into being here, or was lost: as good as damaged.
            announcements.Add(new ReplicaReport
            {
                ChunkId = order.ChunkId,
                Generation = order.Generation,
                Condition = ReplicaCondition.Damaged,
            });
            return;
        }

        if (order.KindCase == Order.KindOneofCase.Seal)
        {
            await SealAsync(volume, chunk, generation, order.Seal, cancellation).ConfigureAwait(false);
        }
        else
        {
            await volume.VerifyAsync(chunk, cancellation).ConfigureAwait(false);
        }

        AnnounceState(volume, chunk);
    }

    /// <summary>
    /// Everywhere: where the replica is not, it may be about to come. One that a newer copy has taken the place of is gone, and the newer
    /// one stays.
    /// </summary>
    private async Task RemoveAsync(Order order, CancellationToken cancellation)
    {
        var chunk = new ChunkId(order.ChunkId);
        foreach (var volume in volumes.All)
        {
            if (volume.Find(chunk) is { } present && present.Generation > order.Generation)
            {
                continue;
            }

            await volume.RemoveAsync(chunk, new Generation(order.Generation), cancellation).ConfigureAwait(false);
        }

        announcements.Add(new RemovedReplica { ChunkId = order.ChunkId, Generation = order.Generation });
        if (volumes.Holder(chunk) is { } newer)
        {
            AnnounceState(newer, chunk);
        }
    }

    private async Task SealAsync(Volume volume, ChunkId chunk, Generation generation, SealOrder seal, CancellationToken cancellation)
    {
        if (seal.Length > Limits.ChunkSizeMax)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "seal", $"no chunk has {seal.Length} bytes");
        }

        try
        {
            await volume.SealAsync(chunk, generation, (int)seal.Length, seal.Digest, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code == ErrorCode.ChecksumMismatch)
        {
            ReplicaDiffered(chunk, volume.Id, error.Message);
        }
    }

    private void AnnounceState(Volume volume, ChunkId chunk)
    {
        if (volume.Find(chunk) is { } state)
        {
            announcements.Add(state);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "An order to {Kind} chunk {Chunk} of the old term {Term} was refused")]
    private partial void OrderRefused(Order.KindOneofCase kind, ChunkId chunk, ulong term);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "An order to {Kind} chunk {Chunk}, generation {Generation}, failed: {Code}, {Reason}")]
    private partial void OrderFailed(Order.KindOneofCase kind, ChunkId chunk, ulong generation, ErrorCode code, string reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The replica of chunk {Chunk} on volume {Volume} differed from its seal and was quarantined: {Reason}")]
    private partial void ReplicaDiffered(ChunkId chunk, VolumeId volume, string reason);
}
