using DfsNet.Client.Data;
using DfsNet.Devices.Time;

namespace DfsNet.Client.Tests.Data;

/// <summary>Who is asked when a replica is slow, and how often.</summary>
public sealed class HedgingTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_slow_read_is_asked_of_a_second_replica_and_the_late_answer_is_thrown_away()
    {
        var hedging = await LearnedAsync();
        var late = new TaskCompletionSource<Answer?>();
        var second = new Answer();
        var race = hedging.RaceAsync(_ => late.Task, () => _ => Task.FromResult<Answer?>(second), CancellationToken.None);
        Assert.False(race.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Same(second, await race);
        var first = new Answer();
        late.SetResult(first);
        await first.Disposed.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(second.Disposed.IsCompleted);
    }

    [Fact]
    public async Task When_the_second_fails_the_first_is_waited_for()
    {
        var hedging = await LearnedAsync();
        var late = new TaskCompletionSource<Answer?>();
        var race = hedging.RaceAsync(_ => late.Task, () => _ => Task.FromResult<Answer?>(null), CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        var first = new Answer();
        late.SetResult(first);
        Assert.Same(first, await race);
    }

    [Fact]
    public async Task At_most_one_read_in_twenty_is_hedged_however_slow_everything_is()
    {
        var hedging = await LearnedAsync();
        int asked = 0;
        for (int read = 0; read < 1_000; read++)
        {
            var late = new TaskCompletionSource<Answer?>();
            var race = hedging.RaceAsync(
                _ => late.Task,
                () =>
                {
                    asked++;
                    return _ => new TaskCompletionSource<Answer?>().Task;
                },
                CancellationToken.None);
            _time.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Yield();
            late.SetResult(new Answer());
            await race;
        }

        // One in twenty, and what had been saved up before.
        Assert.InRange(asked, 10, 50 + 10);
    }

    [Fact]
    public async Task Nothing_is_hedged_when_it_is_turned_off_or_too_little_is_known()
    {
        foreach (var hedging in new[] { new Hedging(false, _time), new Hedging(true, _time) })
        {
            var late = new TaskCompletionSource<Answer?>();
            var race = hedging.RaceAsync(
                _ => late.Task, () => throw new InvalidOperationException("a second replica was asked"), CancellationToken.None);
            _time.Advance(TimeSpan.FromSeconds(1));
            late.SetResult(null);
            Assert.Null(await race);
        }
    }

    private async Task<Hedging> LearnedAsync()
    {
        var hedging = new Hedging(true, _time);
        for (int read = 0; read < 64; read++)
        {
            await hedging.RaceAsync(_ => Task.FromResult<Answer?>(new Answer()), () => null, CancellationToken.None);
        }

        return hedging;
    }

    /// <summary>Something that has to be given back.</summary>
    private sealed class Answer : IAsyncDisposable
    {
        private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Disposed => _disposed.Task;

        public ValueTask DisposeAsync()
        {
            _disposed.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
