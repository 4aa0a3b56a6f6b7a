using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Store;

/// <summary>Counts who still needs the database, so that it is closed under nobody's feet.</summary>
internal sealed class RocksDbUse
{
    // Guards _users and _ending.
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _users;
    private bool _ending;

    /// <exception cref="DfsException">Unavailable: the database is being closed.</exception>
    public void Enter()
    {
        lock (_gate)
        {
            if (_ending)
            {
                throw new DfsException(ErrorCode.Unavailable, "state store", "the metadata server is stopping");
            }

            _users++;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _users--;
            EndIfUnused();
        }
    }

    /// <summary>Lets nobody in any more, and waits until the last one has left.</summary>
    public Task EndAsync()
    {
        lock (_gate)
        {
            _ending = true;
            EndIfUnused();
        }

        return _ended.Task;
    }

    private void EndIfUnused()
    {
        if (_ending && _users == 0)
        {
            _ended.TrySetResult();
        }
    }
}
