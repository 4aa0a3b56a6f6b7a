namespace DfsNet.ChunkServer.Cluster;

/// <summary>The furthest point of history that any metadata server told us of. One that stands behind it was rolled back.</summary>
internal sealed class SeenHistory
{
    // Guards the two points.
    private readonly Lock _gate = new();
    private HistoryPoint _furthest;
    private HistoryPoint _stored;

    public HistoryPoint Furthest
    {
        get
        {
            // Guards the two points.
            lock (_gate)
            {
                return _furthest;
            }
        }
    }

    public void Restore(HistoryPoint stored)
    {
        // Guards the two points.
        lock (_gate)
        {
            _furthest = _stored = stored;
        }
    }

    /// <summary>False when the teller stands behind what is known already.</summary>
    public bool Accept(HistoryPoint told)
    {
        // Guards the two points.
        lock (_gate)
        {
            if (told.CompareTo(_furthest) < 0)
            {
                return false;
            }

            _furthest = told;
            return true;
        }
    }

    /// <summary>The point to store now, or null when it is stored already.</summary>
    public HistoryPoint? TakeUnstored()
    {
        // Guards the two points.
        lock (_gate)
        {
            if (_furthest == _stored)
            {
                return null;
            }

            _stored = _furthest;
            return _stored;
        }
    }
}
