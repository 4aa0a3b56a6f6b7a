namespace DfsNet.Client.Data;

/// <summary>
/// How long a chain may owe something. After a part of that time its head is asked whether it answers at all: above the head there is
/// nobody but us. One that answers gets the rest of the time, in which the servers find out among themselves who is silent, and say it.
/// </summary>
internal sealed class ChainPatience : IAsyncDisposable
{
    // As long as a server waits before it asks the same of the one below it.
    private const double HeadShare = 4.0 / 7;

    private readonly TimeSpan _limit;
    private readonly Func<CancellationToken, Task<bool>> _headAnswers;
    private readonly Action<bool> _over;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();

    // Guards the fields below.
    private readonly Lock _gate = new();
    private int _round;
    private bool _isHeadToBeAsked;
    private Task _asking = Task.CompletedTask;

    /// <param name="limit">The longest silence.</param>
    /// <param name="headAnswers">Whether the head answers a question.</param>
    /// <param name="over">Called when the patience is over; true: because the head does not answer.</param>
    /// <param name="time">The clock.</param>
    public ChainPatience(TimeSpan limit, Func<CancellationToken, Task<bool>> headAnswers, Action<bool> over, TimeProvider time)
    {
        _limit = limit;
        _headAnswers = headAnswers;
        _over = over;
        _timer = time.CreateTimer(
            static state => ((ChainPatience)state!).Elapsed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something is owed from now on; or something came, and more is owed.</summary>
    public void Begin() => Start(_limit * HeadShare, askHead: true);

    /// <summary>Only the end of the stream is owed: nobody has to be named.</summary>
    public void BeginLast() => Start(_limit, askHead: false);

    /// <summary>Nothing is owed.</summary>
    public void Rest() => Start(Timeout.InfiniteTimeSpan, askHead: false);

    public async ValueTask DisposeAsync()
    {
        Rest();
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        Task asking;
        lock (_gate) // guards _asking
        {
            asking = _asking;
        }

        await asking.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Start(TimeSpan wait, bool askHead)
    {
        lock (_gate) // guards the fields
        {
            _round++;
            _isHeadToBeAsked = askHead;
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void Elapsed()
    {
        lock (_gate) // guards the fields
        {
            if (_isHeadToBeAsked)
            {
                _isHeadToBeAsked = false;
                _timer.Change(_limit * (1 - HeadShare), Timeout.InfiniteTimeSpan);
                _asking = AskAsync(_round);
                return;
            }
        }

        _over(false);
    }

    private async Task AskAsync(int round)
    {
        await Task.Yield();
        try
        {
            if (!await _headAnswers(_stop.Token).ConfigureAwait(false) && IsStill(round))
            {
                _over(true);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The chain is over anyway.
        }
    }

    private bool IsStill(int round)
    {
        lock (_gate) // guards _round
        {
            return _round == round;
        }
    }
}
