using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Metadata;

/// <summary>
/// The files this client has open. Keep-alives tell the metadata server, so that an unlinked one stays until it is closed.
/// </summary>
internal sealed class HeldInodes
{
    // Guards all fields below.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, int> _held = [];
    private readonly SortedSet<ulong> _told = [];
    private ulong _toldSession;

    public void Hold(ulong inode)
    {
        lock (_gate) // guards the fields
        {
            _held[inode] = _held.GetValueOrDefault(inode) + 1;
        }
    }

    public void LetGo(ulong inode)
    {
        lock (_gate) // guards the fields
        {
            if (--_held[inode] == 0)
            {
                _held.Remove(inode);
            }
        }
    }

    /// <summary>
    /// What changed since the last answered keep-alive of this session; everything for a new one, or when <paramref name="all"/> is asked.
    /// </summary>
    public KeepAliveRequest Describe(ulong session, bool all)
    {
        lock (_gate) // guards the fields
        {
            if (all || _toldSession != session)
            {
                return new KeepAliveRequest { SessionId = session, HeldComplete = true, HeldAdded = { _held.Keys } };
            }

            return new KeepAliveRequest
            {
                SessionId = session,
                HeldAdded = { _held.Keys.Where(inode => !_told.Contains(inode)) },
                HeldRemoved = { _told.Where(inode => !_held.ContainsKey(inode)) },
            };
        }
    }

    /// <summary>The server has heard <paramref name="request"/>.</summary>
    public void Told(KeepAliveRequest request)
    {
        lock (_gate) // guards the fields
        {
            if (request.HeldComplete)
            {
                _told.Clear();
                _toldSession = request.SessionId;
            }

            _told.UnionWith(request.HeldAdded);
            _told.ExceptWith(request.HeldRemoved);
        }
    }
}
