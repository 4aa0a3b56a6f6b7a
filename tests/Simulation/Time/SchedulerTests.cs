namespace DfsNet.Simulation.Time;

public sealed class SchedulerTests
{
    [Fact]
    public async Task Events_happen_in_order_of_their_times_and_time_stands_still_between_them()
    {
        var scheduler = new Scheduler();
        var seen = new List<long>();
        foreach (int ms in new[] { 30, 10, 20 })
        {
            scheduler.After(TimeSpan.FromMilliseconds(ms), () => seen.Add(scheduler.Now / TimeSpan.TicksPerMillisecond));
        }

        await scheduler.RunAsync(() => false);

        Assert.Equal([10, 20, 30], seen);
    }

    [Fact]
    public async Task A_process_sees_no_timer_while_it_is_paused_and_none_after_its_death()
    {
        var scheduler = new Scheduler();
        var life = new Life(scheduler, "node");
        var clock = new NodeClock(scheduler, life);
        var seen = new List<long>();
        await using var timer = clock.CreateTimer(
            _ => seen.Add(scheduler.Now / TimeSpan.TicksPerSecond), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        scheduler.After(TimeSpan.FromSeconds(2.5), life.Pause);
        scheduler.After(TimeSpan.FromSeconds(5.5), life.Resume);
        scheduler.After(TimeSpan.FromSeconds(8), life.Die);
        bool over = false;
        scheduler.After(TimeSpan.FromSeconds(20), () => over = true);

        await scheduler.RunAsync(() => over);

        Assert.Equal([1, 2, 5, 6, 7], seen);
    }

    [Fact]
    public async Task A_fast_clock_fires_early_and_a_jump_of_the_wall_clock_fires_nothing()
    {
        var scheduler = new Scheduler();
        var life = new Life(scheduler, "node");
        var clock = new NodeClock(scheduler, life);
        long fired = 0;
        var wait = Task.Delay(TimeSpan.FromSeconds(10), clock, TestContext.Current.CancellationToken);
        _ = wait.ContinueWith(_ => fired = scheduler.Now, TestContext.Current.CancellationToken);
        scheduler.After(TimeSpan.FromSeconds(2), () => clock.WallOffset = TimeSpan.FromDays(400));
        scheduler.After(TimeSpan.FromSeconds(4), () => clock.SetRate(2));

        await scheduler.RunAsync(() => fired != 0);

        Assert.Equal(TimeSpan.FromSeconds(7).Ticks, fired);
        Assert.True(clock.GetUtcNow().Year >= 2027);
    }
}
