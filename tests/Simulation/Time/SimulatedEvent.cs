namespace DfsNet.Simulation.Time;

/// <summary>Something that will happen unless it is cancelled before.</summary>
internal sealed class SimulatedEvent(Action action)
{
    private Action? _action = action;

    /// <summary>It was neither run nor cancelled.</summary>
    public bool IsPlanned => _action is not null;

    public void Cancel() => _action = null;

    public void Run()
    {
        var action = _action;
        _action = null;
        action?.Invoke();
    }
}
