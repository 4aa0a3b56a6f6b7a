using DfsNet.Protocol.Connections;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Nodes;

/// <summary>
/// A simulated machine: it has a name on the network, a clock, perhaps disks, and runs one process at a time, in one life after the other.
/// </summary>
internal abstract class Machine(World world, string name, Random random)
{
    // A supervisor starts a process again that ended by itself.
    private static readonly TimeSpan SupervisorPause = TimeSpan.FromMilliseconds(500);

    private double _rate = 1;
    private long _rateChanged = -1;
    private TimeSpan _wallOffset;

    public string Name => name;

    /// <summary>The running process, or the last one.</summary>
    public Life? Life { get; private set; }

    public bool IsUp => Life is { IsAlive: true };

    /// <summary>Whether its process ran undisturbed from this moment to now, with a clock that ran true.</summary>
    public bool IsSteadySince(long ticks) => Life is { } life && life.IsSteadySince(ticks) && _rate == 1 && _rateChanged < ticks;

    /// <summary>While set, nobody starts the process again but the fault that took it down.</summary>
    public bool IsHeldDown { get; set; }

    protected World World => world;

    protected Random Random => random;

    /// <summary>What its process reaches others by.</summary>
    public IConnections Connections => world.Network.ConnectionsOf(name, Life!, Clock!);

    private NodeClock? Clock { get; set; }

    /// <summary>Starts a new life, unless one runs.</summary>
    public void Start()
    {
        if (IsUp)
        {
            return;
        }

        world.Scheduler.Trace.Add($"start {name}");
        Life = new Life(world.Scheduler, name);
        Clock = new NodeClock(world.Scheduler, Life, _rate) { WallOffset = _wallOffset };
        Run(Life, Clock);
    }

    /// <summary>kill -9: the process is gone, what the operating system holds stays.</summary>
    public void Kill()
    {
        if (IsUp)
        {
            world.Scheduler.Trace.Add($"kill {name}");
            Life!.Die();
            AfterDeath(powerLost: false);
        }
    }

    /// <summary>The power fails: what was not flushed is kept, lost or torn.</summary>
    public void CutPower()
    {
        world.Scheduler.Trace.Add($"power {name}");
        world.Network.LosePower(name);
        Life?.Die();
        AfterDeath(powerLost: true);
    }

    public void SetClockRate(double rate)
    {
        _rate = rate;
        _rateChanged = world.Scheduler.Now;
        Clock?.SetRate(rate);
    }

    /// <summary>The wall clock jumps to where it is wrong by so much.</summary>
    public void SetWallOffset(TimeSpan offset)
    {
        _wallOffset = offset;
        if (Clock is not null)
        {
            Clock.WallOffset = offset;
        }
    }

    /// <summary>Everything that faults do to this machine ends, and its process runs.</summary>
    public void Heal()
    {
        IsHeldDown = false;
        SetClockRate(1);
        SetWallOffset(TimeSpan.Zero);
        Mend();
        if (Life is { IsAlive: true } life)
        {
            life.Slowness = TimeSpan.Zero;
            if (life.IsPaused)
            {
                life.Resume();
            }
        }

        Start();
    }

    /// <summary>Builds the process as production does and lets it run.</summary>
    protected abstract void Run(Life life, NodeClock clock);

    /// <summary>What becomes of the machine's disks when its process is gone.</summary>
    protected abstract void AfterDeath(bool powerLost);

    /// <summary>Its disks work again.</summary>
    protected virtual void Mend()
    {
    }

    /// <summary>Watches a node's loop: one that ends by itself is started again, and its reason is noted.</summary>
    protected async Task WatchAsync(Task running, Life life)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!life.IsAlive)
        {
            return;
        }

        world.NoteEnd(this, running.Exception?.GetBaseException());
        life.Die();
        AfterDeath(powerLost: false);
        world.Scheduler.After(SupervisorPause, () =>
        {
            if (!IsHeldDown)
            {
                Start();
            }
        });
    }
}
