namespace DfsNet.Simulation.Time;

/// <summary>
/// Virtual time and everything that will happen in it. Runs on the thread pool, which has one thread: the next event is taken only when
/// nothing that the last one set off is still waiting to run, so that a seed decides the order of everything.
/// </summary>
internal sealed class Scheduler : IThreadPoolWorkItem
{
    private readonly PriorityQueue<SimulatedEvent, (long At, long Number)> _events = new();
    private TaskCompletionSource _ended = new();
    private Func<bool>? _isOver;
    private long _number;

    /// <summary>Ticks (100 ns) since the beginning of the run.</summary>
    public long Now { get; private set; }

    /// <summary>Everything that happens, folded into one number.</summary>
    public TraceHash Trace { get; } = new();

    /// <summary>Events that are still to come; those that were cancelled are not.</summary>
    public int PlannedCount => _events.UnorderedItems.Count(planned => planned.Element.IsPlanned);

    /// <summary>Events run so far.</summary>
    public long EventCount { get; private set; }

    /// <summary>A run that takes more events than this hangs in a loop that makes no progress in virtual time.</summary>
    public long EventsMax { get; init; } = 20_000_000;

    /// <summary>An exception that no caller of ours will see; it ends the run.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Runs <paramref name="action"/> after <paramref name="delay"/>, behind what was planned for that moment before.</summary>
    public SimulatedEvent After(TimeSpan delay, Action action) => At(Now + Math.Max(0, delay.Ticks), action);

    public SimulatedEvent At(long ticks, Action action)
    {
        var planned = new SimulatedEvent(action);
        _events.Enqueue(planned, (Math.Max(ticks, Now), ++_number));
        return planned;
    }

    /// <summary>Completes when <paramref name="delay"/> has passed in virtual time.</summary>
    public Task DelayAsync(TimeSpan delay)
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(delay, passed.SetResult);
        return passed.Task;
    }

    /// <summary>
    /// Runs <paramref name="main"/> inside the simulation, and events until it has ended. Throws what it throws; a main that waits for what
    /// never happens is an error.
    /// </summary>
    public async Task RunAsync(Func<Task> main)
    {
        var ended = await Task.Run(async () =>
        {
            var running = main();
            await RunAsync(() => running.IsCompleted).ConfigureAwait(false);
            return running;
        }).ConfigureAwait(false);
        if (!ended.IsCompleted)
        {
            throw new SimulationException($"the run did not end: {EventCount} events until {new TimeSpan(Now)}, {_events.Count} planned");
        }

        await ended.ConfigureAwait(false);
    }

    /// <summary>
    /// Runs events until <paramref name="isOver"/>, which is asked between them, or until nothing is left to happen. May be called again.
    /// </summary>
    public async Task RunAsync(Func<bool> isOver)
    {
        OneThread.Require();
        _isOver = isOver;
        _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        await _ended.Task.ConfigureAwait(false);
        if (Failure is not null)
        {
            throw new SimulationException($"the simulation itself failed after {EventCount} events", Failure);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (ThreadPool.PendingWorkItemCount == 0 && !TryStep())
        {
            _ended.SetResult();
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>False: the run is over.</summary>
    private bool TryStep()
    {
        try
        {
            if (_isOver!() || EventCount >= EventsMax || !_events.TryDequeue(out var next, out var order))
            {
                return false;
            }

            Now = order.At;
            EventCount++;
            next.Run();
            return true;
        }
        catch (Exception error)
        {
            Failure = error;
            return false;
        }
    }
}
