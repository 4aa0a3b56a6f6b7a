namespace DfsNet.Simulation.Time;

/// <summary>
/// One life of a simulated process. Its timers, messages and disk operations arrive through here: held back while it is paused (SIGSTOP),
/// never delivered once it is dead. What is left of a dead process's code can therefore change nothing.
/// </summary>
internal sealed class Life(Scheduler scheduler, string name)
{
    private readonly Queue<Action> _held = new();
    private TimeSpan _slowness;

    public string Name => name;

    public bool IsAlive { get; private set; } = true;

    public bool IsPaused { get; private set; }

    /// <summary>Everything that reaches this process takes this much longer: a slow node. Changed by faults.</summary>
    public TimeSpan Slowness
    {
        get => _slowness;
        set
        {
            _slowness = value;
            LastDisturbed = scheduler.Now;
        }
    }

    /// <summary>When it was last paused, resumed, or made slower or faster.</summary>
    public long LastDisturbed { get; private set; } = -1;

    /// <summary>Whether it ran undisturbed from this moment to now.</summary>
    public bool IsSteadySince(long ticks) => IsAlive && !IsPaused && _slowness == TimeSpan.Zero && LastDisturbed < ticks;

    /// <summary>Fires when the process dies.</summary>
    public event Action? Died;

    /// <summary>Fires when the process stops reacting.</summary>
    public event Action? Paused;

    /// <summary>Runs <paramref name="action"/> in this process after <paramref name="delay"/>.</summary>
    public SimulatedEvent After(TimeSpan delay, Action action) => scheduler.After(delay + Slowness, () => Deliver(action));

    /// <summary>Runs it now, or when the process goes on, or never.</summary>
    public void Deliver(Action action)
    {
        if (!IsAlive)
        {
            return;
        }

        if (IsPaused)
        {
            _held.Enqueue(action);
            return;
        }

        action();
    }

    public void Pause()
    {
        if (!IsPaused)
        {
            IsPaused = true;
            LastDisturbed = scheduler.Now;
            Paused?.Invoke();
        }
    }

    /// <summary>What was held back happens now, in its order, one event after the other.</summary>
    public void Resume()
    {
        IsPaused = false;
        LastDisturbed = scheduler.Now;
        while (_held.TryDequeue(out var action))
        {
            scheduler.After(TimeSpan.Zero, () => Deliver(action));
        }
    }

    public void Die()
    {
        if (IsAlive)
        {
            IsAlive = false;
            _held.Clear();
            Died?.Invoke();
        }
    }
}
