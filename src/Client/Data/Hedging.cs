using System.Diagnostics.Metrics;

namespace DfsNet.Client.Data;

/// <summary>
/// Asks a second replica when the first is slower than nearly all reads lately ("The Tail at Scale", Dean and Barroso, 2013). Within a
/// budget: at most one read in twenty is hedged, so that slowness of everything makes no extra load.
/// </summary>
internal sealed class Hedging(bool isOn, TimeProvider time)
{
    private const double TokensPerRead = 0.05;
    private const double TokensMax = 10;

    // Enough to know the slowest twentieth; a change shows within about a hundred reads.
    private const int SamplesMax = 128;
    private const int SamplesMin = 20;
    private const int SlowestShare = 20;

    // Below this a timer is not worth its own cost.
    private static readonly TimeSpan DelayMin = TimeSpan.FromMilliseconds(2);

    // Sorting a hundred numbers for every read would be waste.
    private const int ReadsPerDelay = 16;

    // Of all clients of a process; nothing is counted while nobody listens.
    private static readonly Meter Meter = new("DfsNet.Client");
    private static readonly Counter<long> HedgedCount = Meter.CreateCounter<long>(
        "dfs_client_hedged_reads", null, "Reads that were asked of a second replica");

    private static readonly Counter<long> WonCount = Meter.CreateCounter<long>(
        "dfs_client_hedged_reads_won", null, "Hedged reads that the second replica answered first");

    private static readonly Counter<long> ReadCount = Meter.CreateCounter<long>("dfs_client_reads", null, "Reads of chunks");

    // Guards all fields below.
    private readonly Lock _gate = new();
    private readonly long[] _samples = new long[SamplesMax];
    private int _count;
    private long _reads;
    private double _tokens = TokensMax / 2;
    private TimeSpan? _delay;

    /// <summary>
    /// The first result that is not null, of the first attempt or of a second that is started when it is slow. The other one is cancelled,
    /// and what it still brings is disposed of. Null: all that were started failed.
    /// </summary>
    public async Task<T?> RaceAsync<T>(
        Func<CancellationToken, Task<T?>> first, Func<Func<CancellationToken, Task<T?>>?> second, CancellationToken cancellation)
        where T : class, IAsyncDisposable
    {
        long began = time.GetTimestamp();
        var delay = BeginRead();
        var one = new Attempt<T>(first, cancellation);
        if (delay is not { } patience || await CompletesAsync(one.Task, patience, cancellation).ConfigureAwait(false)
            || !TryTakeToken() || second() is not { } start)
        {
            return await FinishAsync(one, began).ConfigureAwait(false);
        }

        var two = new Attempt<T>(start, cancellation);
        var winner = await Task.WhenAny(one.Task, two.Task).ConfigureAwait(false) == one.Task ? one : two;
        var other = winner == one ? two : one;
        if (await FinishAsync(winner, began).ConfigureAwait(false) is { } result)
        {
            other.Abandon();
            WonCount.Add(winner == two ? 1 : 0);
            return result;
        }

        return await FinishAsync(other, began).ConfigureAwait(false);
    }

    private async Task<T?> FinishAsync<T>(Attempt<T> attempt, long began)
        where T : class, IAsyncDisposable
    {
        var result = await attempt.Task.ConfigureAwait(false);
        if (result is not null)
        {
            AddSample(time.GetElapsedTime(began));
        }

        return result;
    }

    private async Task<bool> CompletesAsync(Task task, TimeSpan patience, CancellationToken cancellation)
    {
        if (task.IsCompleted)
        {
            return true;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bool isDone = await Task.WhenAny(task, Task.Delay(patience, time, over.Token)).ConfigureAwait(false) == task;
        await over.CancelAsync().ConfigureAwait(false);
        return isDone || cancellation.IsCancellationRequested;
    }

    /// <summary>How long to wait for the first replica; null while too little is known.</summary>
    private TimeSpan? BeginRead()
    {
        ReadCount.Add(1);
        lock (_gate)
        {
            _reads++;
            _tokens = Math.Min(TokensMax, _tokens + TokensPerRead);
            if (isOn && _count >= SamplesMin && (_delay is null || _reads % ReadsPerDelay == 0))
            {
                long[] sorted = _samples[..Math.Min(_count, SamplesMax)];
                Array.Sort(sorted);
                var slow = new TimeSpan(sorted[sorted.Length - 1 - (sorted.Length / SlowestShare)]);
                _delay = slow > DelayMin ? slow : DelayMin;
            }

            return _delay;
        }
    }

    private void AddSample(TimeSpan latency)
    {
        lock (_gate)
        {
            _samples[_count % SamplesMax] = latency.Ticks;
            _count = _count == int.MaxValue ? SamplesMax : _count + 1;
        }
    }

    private bool TryTakeToken()
    {
        lock (_gate)
        {
            if (_tokens < 1)
            {
                return false;
            }

            _tokens--;
        }

        HedgedCount.Add(1);
        return true;
    }

    /// <summary>One replica that was asked, and the way to call it off.</summary>
    private sealed class Attempt<T>
        where T : class, IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop;

        public Attempt(Func<CancellationToken, Task<T?>> start, CancellationToken cancellation)
        {
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task = start(_stop.Token);
        }

        public Task<T?> Task { get; }

        /// <summary>Somebody else was faster.</summary>
        public void Abandon()
        {
            _stop.Cancel();
            _ = DropAsync();
        }

        private async Task DropAsync()
        {
            try
            {
                if (await Task.ConfigureAwait(false) is { } late)
                {
                    await late.DisposeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or DfsException)
            {
                // It was called off.
                return;
            }
            finally
            {
                _stop.Dispose();
            }
        }
    }
}
