using DfsNet.Protocol;

namespace DfsNet.MetaServer.Backups;

/// <summary>
/// How far back the kept backups reach, as this leader last saw them: what they need is not removed, and what marks itself as part of a
/// backup that none of them is may go only when it is older than all.
/// </summary>
internal sealed class BackupHorizon(TimeSpan interval)
{
    // Guards the fields.
    private readonly Lock _lock = new();

    // Before the first look nobody knows.
    private bool _exist = interval > TimeSpan.Zero;
    private BackupMark _oldest;

    /// <summary>
    /// How much longer than otherwise a chunk stays that nobody needs any more: the newest backup may still refer to it, until the next one
    /// is taken.
    /// </summary>
    public TimeSpan ExtraGrace
    {
        get
        {
            lock (_lock) // guards the fields
            {
                return _exist ? interval : TimeSpan.Zero;
            }
        }
    }

    /// <param name="exist">There is a backup.</param>
    /// <param name="oldest">Of as many as are to be kept; the default while there are fewer.</param>
    public void Note(bool exist, BackupMark oldest)
    {
        lock (_lock) // guards the fields
        {
            (_exist, _oldest) = (exist && interval > TimeSpan.Zero, oldest);
        }
    }

    /// <summary>As many backups as are to be kept came after it.</summary>
    public bool IsBehind(BackupMark mark)
    {
        lock (_lock) // guards the fields
        {
            return mark.CompareTo(_oldest) < 0;
        }
    }
}
