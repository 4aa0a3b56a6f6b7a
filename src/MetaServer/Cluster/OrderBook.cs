using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Orders that chunk servers have not confirmed: sent with the answers to heartbeats, again and again until a heartbeat or report confirms.
/// All follow from committed state, so losing the book loses nothing: a full report and the record's leaving rows fill it again.
/// </summary>
internal sealed class OrderBook(TickCounter ticks, bool isProtected)
{
    // About 100 bytes each. What does not fit is found again by a full report once there is room.
    private const int PerServerMax = 100_000;

    // Removals and seals are small work for a server; this keeps an answer under 40 KB and allows two thousand a second.
    private const int PerReplyMax = 1_000;

    // After so many sendings the server is asked for a full report instead: it may not have the replica at all.
    private const int SendingsMax = 15;

    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(2);

    // Guards _servers: the applier and reports add, heartbeats take and confirm.
    private readonly Lock _lock = new();
    private readonly Dictionary<ServerId, ServerOrders> _servers = [];

    /// <summary>A seal may cut what lies behind it: in a protected cluster nobody is told to.</summary>
    public void AddSeal(ServerId server, ChunkId chunk, Generation generation, int length, uint digest)
    {
        if (!isProtected)
        {
            Add(server, new PendingOrder(chunk, generation, OrderKind.Seal, length, digest));
        }
    }

    /// <summary>Not in a protected cluster; the record still has it when protection ends.</summary>
    public void AddRemoval(ServerId server, ChunkId chunk, Generation generation)
    {
        if (!isProtected)
        {
            Add(server, new PendingOrder(chunk, generation, OrderKind.Remove, 0, 0));
        }
    }

    public void AddVerification(ServerId server, ChunkId chunk, Generation generation) =>
        Add(server, new PendingOrder(chunk, generation, OrderKind.Verify, 0, 0));

    /// <summary>The server said what came of a replica: whatever was ordered about it short of removal is answered.</summary>
    public void ConfirmState(ServerId server, ChunkId chunk)
    {
        lock (_lock)
        {
            if (_servers.TryGetValue(server, out var orders)
                && orders.Pending.TryGetValue(chunk, out var order)
                && order.Kind != OrderKind.Remove)
            {
                orders.Remove(chunk);
            }
        }
    }

    public void ConfirmRemoval(ServerId server, ChunkId chunk)
    {
        lock (_lock)
        {
            if (_servers.TryGetValue(server, out var orders))
            {
                orders.Remove(chunk);
            }
        }
    }

    /// <summary>The server was taken out of the record.</summary>
    public void Forget(ServerId server)
    {
        lock (_lock)
        {
            _servers.Remove(server);
        }
    }

    /// <summary>
    /// What is due for a server; <paramref name="reportWanted"/>: orders went unanswered or did not fit, only a full report can tell.
    /// </summary>
    public IReadOnlyList<Order> Take(ServerId server, ulong term, out bool reportWanted)
    {
        var due = new List<Order>();
        reportWanted = false;
        lock (_lock)
        {
            if (!_servers.TryGetValue(server, out var orders))
            {
                return due;
            }

            while (due.Count < PerReplyMax && orders.Queue.TryPeek(out var order) && order.DueAt <= ticks.Now)
            {
                orders.Queue.Dequeue();
                if (!ReferenceEquals(orders.Pending.GetValueOrDefault(order.Chunk), order))
                {
                    continue;
                }

                if (order.Sendings >= SendingsMax)
                {
                    orders.Remove(order.Chunk);
                    reportWanted = true;
                    continue;
                }

                order.Sendings++;
                order.DueAt = ticks.Now + ticks.Of(RepeatAfter);
                orders.Queue.Enqueue(order);
                due.Add(order.ToWire(term));
            }

            if (orders.Overflowed && orders.Pending.Count < PerServerMax / 2)
            {
                orders.Overflowed = false;
                reportWanted = true;
            }
        }

        return due;
    }

    private void Add(ServerId server, PendingOrder order)
    {
        lock (_lock)
        {
            if (!_servers.TryGetValue(server, out var orders))
            {
                _servers.Add(server, orders = new ServerOrders());
            }

            orders.Add(order, ticks.Now, PerServerMax);
        }
    }

    /// <summary>What a server is to do with a replica.</summary>
    private enum OrderKind
    {
        Verify,
        Seal,
        Remove,
    }

    /// <summary>One server's unconfirmed orders; the queue is in order of when they are due and may name confirmed ones.</summary>
    private sealed class ServerOrders
    {
        public Dictionary<ChunkId, PendingOrder> Pending { get; } = [];

        public Queue<PendingOrder> Queue { get; } = new();

        public bool Overflowed { get; set; }

        public void Add(PendingOrder order, long now, int limit)
        {
            // A removal replaces a seal, a seal replaces a verification, never the other way round.
            if (Pending.TryGetValue(order.Chunk, out var known)
                && known.Kind >= order.Kind
                && known.Generation.CompareTo(order.Generation) >= 0)
            {
                return;
            }

            if (known is null && Pending.Count >= limit)
            {
                Overflowed = true;
                return;
            }

            order.DueAt = now;
            Pending[order.Chunk] = order;
            Queue.Enqueue(order);
        }

        public void Remove(ChunkId chunk)
        {
            Pending.Remove(chunk);
            if (Pending.Count == 0)
            {
                Queue.Clear();
            }
        }
    }

    /// <summary>An order on its way.</summary>
    private sealed class PendingOrder(ChunkId chunk, Generation generation, OrderKind kind, int length, uint digest)
    {
        public ChunkId Chunk => chunk;

        public Generation Generation => generation;

        public OrderKind Kind => kind;

        public long DueAt { get; set; }

        public int Sendings { get; set; }

        public Order ToWire(ulong term)
        {
            var order = new Order { Term = term, ChunkId = chunk.Value, Generation = generation.Value };
            switch (kind)
            {
                case OrderKind.Seal:
                    order.Seal = new SealOrder { Length = (uint)length, Digest = digest };
                    break;
                case OrderKind.Remove:
                    order.Remove = new RemoveOrder();
                    break;
                case OrderKind.Verify:
                    order.Verify = new VerifyOrder();
                    break;
            }

            return order;
        }
    }
}
