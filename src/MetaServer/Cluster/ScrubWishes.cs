using DfsNet.Protocol;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Rounds of scrubbing that operators asked for, until the servers have heard of them with their heartbeats. Soft: a new leader knows none,
/// and what a server has heard it carries out.
/// </summary>
internal sealed class ScrubWishes(ulong term)
{
    // Terms are small numbers; a leader that is asked more often than this has a script gone mad.
    private const int WishBits = 24;

    // Guards both fields: operators wish, heartbeats look.
    private readonly Lock _lock = new();
    private readonly Dictionary<ServerId, ulong> _wishes = [];
    private ulong _last;

    /// <summary>A number that no wish had before; without a server it is for all.</summary>
    public ulong Wish(ServerId server)
    {
        lock (_lock)
        {
            ulong number = (term << WishBits) | ++_last;
            if (server == ServerId.None)
            {
                _wishes.Clear();
            }

            _wishes[server] = number;
            return number;
        }
    }

    /// <summary>The newest wish that concerns a server; 0: none does.</summary>
    public ulong Of(ServerId server)
    {
        lock (_lock)
        {
            return Math.Max(_wishes.GetValueOrDefault(server), _wishes.GetValueOrDefault(ServerId.None));
        }
    }
}
