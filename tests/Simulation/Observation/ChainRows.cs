using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Network;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Observation;

/// <summary>Rows of append chains, as their clients see them.</summary>
internal sealed class ChainRows(World world)
{
    private readonly Dictionary<long, Chain> _running = [];
    private readonly Dictionary<string, Chain> _lost = new(StringComparer.Ordinal);

    public void See(in MessageSeen seen)
    {
        switch (seen.Moment)
        {
            case MessageMoment.RequestSent when seen.Message is AppendMessage message:
                Send(seen, message);
                break;
            case MessageMoment.ResponseDelivered when seen.Message is AppendAck ack && _running.TryGetValue(seen.Call, out var chain):
                Hear(chain, ack);
                break;
            case MessageMoment.CallEnded when _running.Remove(seen.Call, out var chain):
                End(seen.From, chain);
                break;
        }
    }

    private void Send(in MessageSeen seen, AppendMessage message)
    {
        switch (message.Header.KindCase)
        {
            // Position 0: the client's own stream.
            case AppendHeader.KindOneofCase.Open when message.Header.Open.Position == 0:
                _running[seen.Call] = new Chain();
                if (_lost.Remove(seen.From, out var lost))
                {
                    world.Coverage.Count(Rows.ChainReplaced);
                    if (lost.IsFull)
                    {
                        world.Coverage.Count(Rows.ChainLeftFull);
                    }
                }

                break;
            case AppendHeader.KindOneofCase.Frame when _running.TryGetValue(seen.Call, out var chain):
                chain.Sent = message.Header.Frame.Offset + (uint)(message.Payload?.Length ?? 0);
                break;
        }
    }

    private void Hear(Chain chain, AppendAck ack)
    {
        if (ack.Error is not { Code: not ErrorCode.Unspecified } error)
        {
            chain.Acknowledged = ack.Length;
            return;
        }

        chain.Failed = true;
        chain.IsFull = error.Code == ErrorCode.OutOfSpace
            || error.Message.Contains(nameof(Storage.Disk.DiskFailure.Full), StringComparison.Ordinal);
        if (error.Side != FailedSide.Unspecified)
        {
            world.Coverage.Count(error.Side switch
            {
                FailedSide.Disk => Rows.ChainLostToDisk,
                FailedSide.Network => Rows.ChainLostToNetwork,
                _ => Rows.ChainLostToData,
            });
        }
    }

    private void End(string client, Chain chain)
    {
        if (chain.Sent <= chain.Acknowledged)
        {
            return;
        }

        _lost[client] = chain;
        if (!chain.Failed)
        {
            world.Coverage.Count(Rows.ChainSilent);
        }
    }

    /// <summary>One append stream of a client.</summary>
    private sealed class Chain
    {
        public uint Sent { get; set; }

        public uint Acknowledged { get; set; }

        public bool Failed { get; set; }

        public bool IsFull { get; set; }
    }
}
