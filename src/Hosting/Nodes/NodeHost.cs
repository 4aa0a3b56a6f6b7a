using DfsNet.Hosting.Listening;
using DfsNet.Protocol.Wire;

namespace DfsNet.Hosting.Nodes;

/// <summary>A running node behind its own listener: what a process, an embedded cluster and a test start, watch and stop.</summary>
public sealed class NodeHost : IAsyncDisposable
{
    // A stop seals, flushes and says good-bye; a disk that takes longer is sick, and recovery is as good as after kill -9.
    private static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(10);

    private readonly GrpcListener _listener;
    private readonly IAsyncDisposable _node;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private int _stopped;

    internal NodeHost(
        GrpcListener listener, string advertised, IAsyncDisposable node, Task ready, Func<CancellationToken, Task> run, TimeProvider time)
    {
        _listener = listener;
        _node = node;
        _time = time;
        Address = advertised;
        Ready = ready;
        Completion = Task.Run(() => RunAsync(run));
    }

    /// <summary>host:port at which others reach this node.</summary>
    public string Address { get; }

    /// <summary>Completes when the node serves; faults when it cannot start.</summary>
    public Task Ready { get; }

    /// <summary>Ends when the node has ended; faults when it had to stop for a reason of its own.</summary>
    public Task Completion { get; }

    /// <summary>Waits until the node serves; throws what kept it from starting.</summary>
    public async Task WaitReadyAsync(CancellationToken cancellation)
    {
        var first = await Task.WhenAny(Ready, Completion).WaitAsync(cancellation).ConfigureAwait(false);
        await first.ConfigureAwait(false);
        await Ready.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Stops the node in good order, then its listener; a <see cref="DfsException"/> when the node does not end in time.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        await EndNodeAsync().ConfigureAwait(false);
        await _listener.StopAsync().ConfigureAwait(false);
        if (!Completion.IsCompleted)
        {
            throw new DfsException(
                ErrorCode.TimedOut, "stop", $"the server at {Address} did not stop within {StopTimeMax.TotalSeconds:0} s");
        }
    }

    /// <summary>
    /// Cuts every connection at once and takes no new one, as the end of a process would; then lets go of the data directories. What the
    /// node holds in memory is still closed in order: only a real process can be killed between two writes.
    /// </summary>
    public async Task KillAsync()
    {
        await _listener.AbortAsync().ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task EndNodeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        // Its own failure is told by Completion; here only its end matters.
        await Completion.WaitAsync(StopTimeMax, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync(Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // A node may end either way when it is asked to stop.
            return;
        }
    }
}
