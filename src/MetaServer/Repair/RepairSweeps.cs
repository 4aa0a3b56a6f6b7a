using DfsNet.Protocol;

namespace DfsNet.MetaServer.Repair;

/// <summary>What is to be scanned for chunks that need repair, before the next round over everything.</summary>
internal sealed class RepairSweeps
{
    // Guards all fields: the tick, heartbeats and events ask, the scanner takes.
    private readonly Lock _lock = new();
    private readonly Queue<ServerId> _servers = new();
    private readonly HashSet<ServerId> _known = [];
    private bool _all;

    /// <summary>Everything is to be scanned, sooner than in its turn.</summary>
    public bool IsAllWanted
    {
        get
        {
            lock (_lock)
            {
                return _all;
            }
        }
    }

    /// <summary>Servers are to be scanned at once.</summary>
    public bool HasServers
    {
        get
        {
            lock (_lock)
            {
                return _servers.Count > 0;
            }
        }
    }

    /// <summary>Something happened to all replicas of a server.</summary>
    public void Want(ServerId server)
    {
        lock (_lock)
        {
            if (_known.Add(server))
            {
                _servers.Enqueue(server);
            }
        }
    }

    /// <summary>Something happened that concerns any chunk: a place for replicas came, or a brake was released.</summary>
    public void WantAll()
    {
        lock (_lock)
        {
            _all = true;
        }
    }

    public bool TryTake(out ServerId server)
    {
        lock (_lock)
        {
            bool has = _servers.TryDequeue(out server);
            if (has)
            {
                _known.Remove(server);
            }

            return has;
        }
    }

    public bool TakeAll()
    {
        lock (_lock)
        {
            bool all = _all;
            _all = false;
            return all;
        }
    }
}
