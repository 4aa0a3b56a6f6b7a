using DfsNet.Simulation.Time;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

public sealed class CallEndTests
{
    private readonly TwoMachines _machines = new();

    private CallOptions Deadline(double seconds) =>
        new(deadline: (_machines.Clock.GetUtcNow() + TimeSpan.FromSeconds(seconds)).UtcDateTime);

    [Fact]
    public async Task A_deadline_ends_the_call_and_reaches_the_handler()
    {
        _machines.Echo.Gate = new TaskCompletionSource().Task;

        var status = await _machines.StatusOfAsync(() => _machines.SayAsync("slow", Deadline(1.5)));
        await _machines.RunAsync(() => _machines.SleepAsync(1));

        Assert.Equal(StatusCode.DeadlineExceeded, status);
        Assert.IsAssignableFrom<OperationCanceledException>(Assert.Single(_machines.Echo.Failures));
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task The_callers_clock_decides_when_the_deadline_has_passed()
    {
        _machines.Echo.Gate = new TaskCompletionSource().Task;
        _machines.Clock.SetRate(2);

        Assert.Equal(StatusCode.DeadlineExceeded, await _machines.StatusOfAsync(() => _machines.SayAsync("slow", Deadline(3))));
        Assert.Equal(1.5, _machines.Seconds, 3);
    }

    [Fact]
    public async Task A_deadline_that_has_passed_sends_nothing()
    {
        Assert.Equal(StatusCode.DeadlineExceeded, await _machines.StatusOfAsync(() => _machines.SayAsync("late", Deadline(-1))));
        await _machines.RunAsync(() => _machines.SleepAsync(1));

        Assert.Empty(_machines.Echo.Heard);
    }

    [Fact]
    public async Task A_cancelled_token_ends_the_call_and_reaches_the_handler()
    {
        _machines.Echo.Gate = new TaskCompletionSource().Task;
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(1), _machines.Clock);

        var status = await _machines.StatusOfAsync(() => _machines.SayAsync("slow", new CallOptions(cancellationToken: source.Token)));
        Assert.Empty(_machines.Echo.Failures);
        await _machines.RunAsync(() => _machines.SleepAsync(1));

        Assert.Equal(StatusCode.Cancelled, status);
        Assert.Single(_machines.Echo.Failures);
    }

    [Fact]
    public async Task A_disposed_call_breaks_the_request_stream_at_the_server()
    {
        await _machines.RunAsync(async () =>
        {
            var call = _machines.Talk();
            await call.RequestStream.WriteAsync(new StringValue { Value = "a" });
            await _machines.SleepAsync(1);
            var reading = call.ResponseStream.MoveNext(CancellationToken.None);
            Assert.True(await reading);
            reading = call.ResponseStream.MoveNext(CancellationToken.None);
            call.Dispose();
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => call.RequestStream.WriteAsync(new StringValue()));
            await _machines.SleepAsync(1);
        });

        Assert.IsType<IOException>(Assert.Single(_machines.Echo.Failures));
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task Where_nobody_listens_a_call_is_unavailable()
    {
        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.Connections.Control("nowhere:1")
            .AsyncUnaryCall(EchoService.Say, null, default, new StringValue()).ResponseAsync));
        Assert.InRange(_machines.Seconds, 0.0001, 0.01);
    }

    [Fact]
    public async Task The_death_of_the_server_breaks_its_calls_and_a_new_life_serves_again()
    {
        _machines.Echo.Gate = new TaskCompletionSource().Task;
        _machines.Scheduler.After(TimeSpan.FromSeconds(1), _machines.Server.Die);

        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("a")));
        Assert.InRange(_machines.Seconds, 1, 1.1);
        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("b")));

        _machines.Echo.Gate = Task.CompletedTask;
        _machines.Network.Listen("server", TwoMachines.Address, new Life(_machines.Scheduler, "again"), _machines.Echo.Bind);
        Assert.Equal("c!", await _machines.RunAsync(() => _machines.SayAsync("c")));
        Assert.Equal(["a", "c"], _machines.Echo.Heard);
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task A_machine_without_power_is_missed_only_by_pings()
    {
        _machines.Echo.Gate = new TaskCompletionSource().Task;
        _machines.Scheduler.After(TimeSpan.FromSeconds(1), () =>
        {
            _machines.Network.LosePower("server");
            _machines.Server.Die();
        });

        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("a")));
        Assert.Equal(11, _machines.Seconds, 3);
        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("b")));
        Assert.Equal(13, _machines.Seconds, 3);
    }

    [Fact]
    public async Task The_death_of_the_caller_reaches_the_handler()
    {
        await _machines.RunAsync(async () =>
        {
            var call = _machines.Talk();
            await call.RequestStream.WriteAsync(new StringValue { Value = "a" });
            await _machines.SleepAsync(1);
            _machines.Client.Die();
            await _machines.SleepAsync(1);
        });

        Assert.IsType<IOException>(Assert.Single(_machines.Echo.Failures));
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task A_caller_that_dies_while_its_request_is_on_its_way_leaves_no_handler_behind()
    {
        _machines.There.DelayMin = TimeSpan.Zero;
        _machines.There.DelayMax = TimeSpan.FromSeconds(1);
        for (int number = 0; number < 20; number++)
        {
            var life = new Life(_machines.Scheduler, "short");
            var connections = _machines.Network.ConnectionsOf("client", life, _machines.Clock);
            await _machines.RunAsync(async () =>
            {
                _ = connections.Control(TwoMachines.Address).AsyncDuplexStreamingCall(EchoService.Talk, null, default);
                life.Die();
                await _machines.SleepAsync(3);
            });
        }

        Assert.InRange(_machines.Echo.Failures.Count, 1, 19);
        Assert.All(_machines.Echo.Failures, failure => Assert.IsType<IOException>(failure));
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task An_error_before_any_answer_is_known_to_writers_at_once()
    {
        _machines.Echo.Gate = Task.FromException(new RpcException(new Status(StatusCode.NotFound, "as you wish")));
        await _machines.RunAsync(async () =>
        {
            using var call = _machines.Talk();
            await _machines.SleepAsync(1);
            var error = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new StringValue()));
            Assert.Equal(StatusCode.NotFound, error.StatusCode);
            error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(StatusCode.NotFound, error.StatusCode);
        });
    }

    [Fact]
    public async Task A_paused_server_does_not_react_but_deadlines_do()
    {
        _machines.Server.Pause();

        Assert.Equal(StatusCode.DeadlineExceeded, await _machines.StatusOfAsync(() => _machines.SayAsync("a", Deadline(3))));
        Assert.Equal(3, _machines.Seconds, 3);
        Assert.Empty(_machines.Echo.Heard);

        // The request lay in its socket: it is executed now, for nobody.
        _machines.Server.Resume();
        Assert.Equal("b!", await _machines.RunAsync(() => _machines.SayAsync("b")));
        Assert.Equal(["a", "b"], _machines.Echo.Heard);
    }

    [Fact]
    public async Task A_server_that_is_paused_for_long_is_given_up()
    {
        _machines.Server.Pause();

        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("a")));
        Assert.Equal(10, _machines.Seconds, 3);
    }
}
