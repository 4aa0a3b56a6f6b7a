using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol;

namespace DfsNet.MetaServer.Repair;

/// <summary>
/// Copies under way, by who sends and who receives them: no server is loaded with more than a few at a time, and one that failed is left
/// alone for a while.
/// </summary>
internal sealed class CopySlots(TickCounter ticks, int perServerMax)
{
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(10);

    // Guards all fields: copies end on any thread.
    private readonly Lock _lock = new();
    private readonly Dictionary<ServerId, int> _receiving = [];
    private readonly Dictionary<ServerId, int> _sending = [];
    private readonly Dictionary<ServerId, long> _avoidedUntil = [];
    private int _running;

    public int Running
    {
        get
        {
            lock (_lock)
            {
                return _running;
            }
        }
    }

    public bool CanReceive(ServerId server)
    {
        lock (_lock)
        {
            return _receiving.GetValueOrDefault(server) < perServerMax && _avoidedUntil.GetValueOrDefault(server) <= ticks.Now;
        }
    }

    public bool CanSend(ServerId server) => SendingFrom(server) < perServerMax;

    public int SendingFrom(ServerId server)
    {
        lock (_lock)
        {
            return _sending.GetValueOrDefault(server);
        }
    }

    public void Take(ServerId source, ServerId target) => Change(source, target, +1);

    public void Release(ServerId source, ServerId target) => Change(source, target, -1);

    /// <summary>A copy to this server failed: others get the next ones.</summary>
    public void Avoid(ServerId target)
    {
        lock (_lock)
        {
            _avoidedUntil[target] = ticks.Now + ticks.Of(AvoidFor);
        }
    }

    private void Change(ServerId source, ServerId target, int change)
    {
        lock (_lock)
        {
            _running += change;
            _sending[source] = _sending.GetValueOrDefault(source) + change;
            _receiving[target] = _receiving.GetValueOrDefault(target) + change;
        }
    }
}
