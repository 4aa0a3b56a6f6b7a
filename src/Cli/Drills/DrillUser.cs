namespace DfsNet.Cli.Drills;

/// <summary>Somebody who does one operation after the other until told to stop, however they end, and is timed.</summary>
internal sealed class DrillUser(TimeProvider time)
{
    // Enough to notice a pause at once, and little enough to leave a cluster in use alone.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    public Pulse Pulse { get; } = new(time);

    public async Task RunAsync(Func<CancellationToken, Task> operation, DrillTrouble trouble, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                Pulse.Begin();
                try
                {
                    await operation(stop).ConfigureAwait(false);
                }
                catch (DfsException error)
                {
                    trouble.NoteFailure(error.Message);
                }

                Pulse.End();
                await Task.Delay(Rest, time, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
