using DfsNet.MetaServer.Cluster;

namespace DfsNet.MetaServer.Repair;

/// <summary>
/// How hard repair works. Copies step back behind foreground work by themselves; when an operator has set a time by which all is to be
/// redundant again, and the measured pace would miss it, they no longer do.
/// </summary>
internal sealed class RepairPace(TickCounter ticks)
{
    // Guards both fields: an operator and status write, the repairer reads.
    private readonly Lock _lock = new();
    private long _deadline = long.MaxValue;
    private bool _isLate;

    /// <summary>Copies are made at full speed.</summary>
    public bool IsHurried
    {
        get
        {
            lock (_lock)
            {
                return _isLate;
            }
        }
    }

    /// <summary>Time left until the operator's deadline; null when there is none.</summary>
    public TimeSpan? Left
    {
        get
        {
            lock (_lock)
            {
                return _deadline == long.MaxValue ? null : ticks.SpanOf(Math.Max(0, _deadline - ticks.Now));
            }
        }
    }

    /// <summary>The deadline has passed.</summary>
    public bool IsOverdue => Left == TimeSpan.Zero;

    /// <summary>All is to be redundant within this time from now, or should be by now; null: there is no hurry.</summary>
    public void SetDeadline(TimeSpan? within)
    {
        lock (_lock)
        {
            _deadline = within is { } span ? ticks.Now + (span > TimeSpan.Zero ? ticks.Of(span) : 0) : long.MaxValue;
            _isLate = false;
        }
    }

    /// <summary>What is left to copy, and how fast it goes: decides whether it has to go faster.</summary>
    public void Follow(ulong bytesLeft, double bytesPerSecond)
    {
        lock (_lock)
        {
            if (_deadline == long.MaxValue)
            {
                return;
            }

            if (bytesLeft == 0)
            {
                _isLate = false;
                return;
            }

            double left = ticks.SpanOf(Math.Max(0, _deadline - ticks.Now)).TotalSeconds;
            _isLate |= bytesPerSecond * left < bytesLeft;
        }
    }
}
