namespace DfsNet.ChunkServer.Replication;

/// <summary>Measures how long one side of a chain has owed an answer without giving any. One starter; any number may advance.</summary>
internal sealed class ProgressWatch(TimeProvider time)
{
    private long _open;
    private long _movedAt;

    /// <summary>Something more is owed.</summary>
    public void Started()
    {
        // The stamp comes first: an observer must not see the debt with the stamp of an earlier one.
        if (Volatile.Read(ref _open) == 0)
        {
            Volatile.Write(ref _movedAt, time.GetTimestamp());
        }

        Interlocked.Increment(ref _open);
    }

    public void Advanced(int count)
    {
        Volatile.Write(ref _movedAt, time.GetTimestamp());
        Interlocked.Add(ref _open, -count);
    }

    /// <summary>Zero while nothing is owed.</summary>
    public TimeSpan Silence => Volatile.Read(ref _open) == 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _movedAt));
}
