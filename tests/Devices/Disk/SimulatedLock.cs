namespace DfsNet.Devices;

/// <summary>A lock held on a simulated disk.</summary>
internal sealed class SimulatedLock(Action release) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        release();
        return ValueTask.CompletedTask;
    }
}
