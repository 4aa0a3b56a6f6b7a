namespace DfsNet.Simulation.Network;

/// <summary>Packets in order. Most calls need four of these for one packet each: they are chained instead of kept in arrays.</summary>
internal struct PacketQueue
{
    private Packet? _first;
    private Packet? _last;

    public readonly bool IsEmpty => _first is null;

    public readonly Packet? Last => _last;

    public void Enqueue(Packet packet)
    {
        if (_last is null)
        {
            _first = packet;
        }
        else
        {
            _last.Next = packet;
        }

        _last = packet;
    }

    /// <summary>Null: it is empty.</summary>
    public Packet? Dequeue()
    {
        var packet = _first;
        if (packet is not null)
        {
            _first = packet.Next;
            packet.Next = null;
            if (_first is null)
            {
                _last = null;
            }
        }

        return packet;
    }

    public void Clear() => _first = _last = null;
}
