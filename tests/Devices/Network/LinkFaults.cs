namespace DfsNet.Devices.Network;

/// <summary>What goes wrong on the way to one address. Applies at once, also to running streams.</summary>
public sealed class LinkFaults
{
    private readonly CancellationTokenSource _cut = new();
    private TaskCompletionSource _open = Opened();
    private int _framesToCorrupt;
    private int _readsToCorrupt;

    /// <summary>Acknowledgements vanish; everything else passes.</summary>
    public bool DropAcks { get; set; }

    internal CancellationToken CutToken => _cut.Token;

    internal Task Open => _open.Task;

    /// <summary>The connection breaks, and stays broken.</summary>
    public void Cut() => _cut.Cancel();

    /// <summary>Nothing passes in either direction until <see cref="Resume"/>, and nobody is told.</summary>
    public void Stall() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => _open.TrySetResult();

    /// <summary>A bit of the payload of each of the next frames flips.</summary>
    public void CorruptFrames(int count) => _framesToCorrupt = count;

    /// <summary>A bit of each of the next read frames flips.</summary>
    public void CorruptReads(int count) => _readsToCorrupt = count;

    internal bool TakeFrameCorruption() => _framesToCorrupt > 0 && Interlocked.Decrement(ref _framesToCorrupt) >= 0;

    internal bool TakeReadCorruption() => _readsToCorrupt > 0 && Interlocked.Decrement(ref _readsToCorrupt) >= 0;

    private static TaskCompletionSource Opened()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
