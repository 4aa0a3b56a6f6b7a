using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Network;

/// <summary>
/// The state of the way from one machine to another, one direction. Faults change it while the run goes on; it applies to what is sent
/// from then on, the cut also to what is on its way. What each value means stands at <see cref="SimulatedNetwork"/>.
/// </summary>
internal sealed class LinkConditions(SimulatedNetwork network, string from, string to)
{
    private static readonly long Retransmission = TimeSpan.FromMilliseconds(200).Ticks;

    // 200 ms × 2^5 is more than any caller waits.
    private const int RetransmissionsMax = 5;

    private bool _isCut;
    private long _cutSince;
    private long _cutNumber;
    private long _free;

    public TimeSpan DelayMin { get; set; } = TimeSpan.FromMicroseconds(50);

    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMicroseconds(500);

    /// <summary>The probability that a message is lost and has to be sent again.</summary>
    public double LossRate { get; set; }

    /// <summary>The probability that a loss costs the connection.</summary>
    public double LossBreakRate { get; set; } = 0.02;

    public double DuplicateRate { get; set; }

    public double ReorderRate { get; set; }

    public double CorruptRate { get; set; }

    /// <summary>0: as fast as you like.</summary>
    public long BytesPerSecond { get; set; }

    public bool IsCut
    {
        get => _isCut;
        set
        {
            if (value && !_isCut)
            {
                _cutSince = network.Scheduler.Now;
                long number = ++_cutNumber;
                network.Scheduler.After(SimulatedNetwork.KeepAlive, () => NoticeCut(number));
            }

            _isCut = value;
        }
    }

    /// <summary>Cut for so long that both sides have given up the connection: nothing new comes about either.</summary>
    public bool IsLongCut => _isCut && network.Scheduler.Now >= _cutSince + SimulatedNetwork.KeepAlive.Ticks;

    /// <summary>When somebody whose message vanishes now will know.</summary>
    public TimeSpan UntilCutIsNoticed
    {
        get
        {
            long left = _cutSince + SimulatedNetwork.KeepAlive.Ticks - network.Scheduler.Now;
            return new TimeSpan(Math.Max(left, SimulatedNetwork.ConnectTimeout.Ticks));
        }
    }

    /// <summary>From now on as <paramref name="other"/>; the network's defaults heal a cut.</summary>
    public void CopyFrom(LinkConditions other)
    {
        DelayMin = other.DelayMin;
        DelayMax = other.DelayMax;
        LossRate = other.LossRate;
        LossBreakRate = other.LossBreakRate;
        DuplicateRate = other.DuplicateRate;
        ReorderRate = other.ReorderRate;
        CorruptRate = other.CorruptRate;
        BytesPerSecond = other.BytesPerSecond;
        IsCut = other.IsCut;
    }

    public TimeSpan DrawDelay() => new(DelayMin.Ticks + (long)(network.Random.NextDouble() * (DelayMax - DelayMin).Ticks));

    public bool Draws(double rate) => rate > 0 && network.Random.NextDouble() < rate;

    /// <summary>When a message that is sent now arrives; null: the connection breaks for its loss.</summary>
    public long? DrawArrival(int length)
    {
        long departure = network.Scheduler.Now;
        if (BytesPerSecond > 0)
        {
            departure = _free = Math.Max(_free, departure) + (length * TimeSpan.TicksPerSecond / BytesPerSecond);
        }

        long arrival = departure + DrawDelay().Ticks;
        for (int losses = 0; Draws(LossRate); losses++)
        {
            if (losses == RetransmissionsMax || Draws(LossBreakRate))
            {
                network.Counters.LossBreaks++;
                return null;
            }

            network.Counters.Retransmissions++;
            arrival += Retransmission << losses;
        }

        return arrival;
    }

    private void NoticeCut(long number)
    {
        if (_isCut && _cutNumber == number)
        {
            network.NoticeCut(from, to);
        }
    }
}
