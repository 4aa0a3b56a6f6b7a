using DfsNet.Integrity;
using Microsoft.Extensions.Logging;

namespace DfsNet.Workers;

/// <summary>Runs one <see cref="IWorker"/>: a failed unit is logged and tried again after a growing pause.</summary>
public sealed partial class WorkerLoop(IWorker worker, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);

    /// <summary>Returns when the work is done or <paramref name="cancellation"/> fires.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var pause = PauseMin;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var result = await worker.WorkAsync(cancellation).ConfigureAwait(false);
                pause = PauseMin;
                if (result == WorkResult.Done)
                {
                    return;
                }

                if (result == WorkResult.Idle)
                {
                    await worker.WaitForWorkAsync(cancellation).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is not InvariantException)
            {
                // The one place where background work may fail: whatever went wrong is logged, and the unit is tried again.
                WorkFailed(error, worker.Name, pause);
                try
                {
                    await Task.Delay(pause, time, cancellation).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, PauseMax.Ticks));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} failed; tried again in {Pause}")]
    private partial void WorkFailed(Exception error, string worker, TimeSpan pause);
}
