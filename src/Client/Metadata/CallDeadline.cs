using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Metadata;

/// <summary>How long a call may still go without progress, on the injected clock.</summary>
internal sealed class CallDeadline(TimeProvider time, TimeSpan limit)
{
    private long _start = time.GetTimestamp();

    public TimeSpan Remaining
    {
        get
        {
            var left = limit - time.GetElapsedTime(Interlocked.Read(ref _start));
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public bool IsOver => Remaining == TimeSpan.Zero;

    /// <summary>Something got done: the time begins anew.</summary>
    public void Progressed() => Interlocked.Exchange(ref _start, time.GetTimestamp());

    /// <summary>Waits for the task, no longer than what remains.</summary>
    /// <exception cref="DfsException">TimedOut.</exception>
    public async Task<T> WaitAsync<T>(Task<T> task, string step, CancellationToken cancellation)
    {
        if (task.IsCompleted)
        {
            return await task.ConfigureAwait(false);
        }

        try
        {
            return await task.WaitAsync(Remaining, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            throw TimedOut(step, error);
        }
    }

    /// <summary>Pauses before the next attempt, no longer than what remains.</summary>
    public Task PauseAsync(TimeSpan pause, CancellationToken cancellation)
    {
        var remaining = Remaining;
        return Task.Delay(pause < remaining ? pause : remaining, time, cancellation);
    }

    public DfsException TimedOut(string step, Exception? inner) =>
        new(ErrorCode.TimedOut, step, $"{step}: no progress within {limit.TotalSeconds:0.###} s", inner);

    /// <summary>The error to end with when every attempt until now failed with <paramref name="last"/>.</summary>
    public DfsException GivenUp(string step, DfsException? last) => last switch
    {
        null => TimedOut(step, null),
        { Code: ErrorCode.TimedOut } => TimedOut(step, last),
        _ => new DfsException(last.Code, step, $"{step}: gave up after {limit.TotalSeconds:0.###} s: {last.Message}", last),
    };
}
