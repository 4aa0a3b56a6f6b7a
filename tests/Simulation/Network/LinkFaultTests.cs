using DfsNet.Simulation.Time;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

public sealed class LinkFaultTests
{
    private readonly TwoMachines _machines = new();

    [Fact]
    public async Task A_cut_link_loses_requests_and_a_healed_one_does_not()
    {
        _machines.There.IsCut = true;

        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("a")));
        Assert.Equal(10, _machines.Seconds, 3);
        _machines.There.IsCut = false;
        Assert.Equal("b!", await _machines.RunAsync(() => _machines.SayAsync("b")));
        Assert.Equal(["b"], _machines.Echo.Heard);
    }

    [Fact]
    public async Task A_link_that_is_cut_on_the_way_back_loses_answers_and_then_the_connection()
    {
        _machines.Back.IsCut = true;

        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("executed")));
        Assert.Equal(10, _machines.Seconds, 3);
        Assert.Equal(StatusCode.Unavailable, await _machines.StatusOfAsync(() => _machines.SayAsync("refused")));
        Assert.Equal(12, _machines.Seconds, 3);
        Assert.Equal(["executed"], _machines.Echo.Heard);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(11, false)]
    public async Task A_silent_stream_survives_a_short_cut(double seconds, bool survives)
    {
        var status = await _machines.StatusOfAsync(async () =>
        {
            using var call = _machines.Talk();
            await call.RequestStream.WriteAsync(new StringValue { Value = "a" });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            _machines.Back.IsCut = true;
            await _machines.SleepAsync(seconds);
            _machines.Back.IsCut = false;
            await call.RequestStream.WriteAsync(new StringValue { Value = "b" });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        });

        Assert.Equal(survives ? StatusCode.OK : StatusCode.Unavailable, status);
    }

    [Fact]
    public async Task What_fell_into_a_hole_stays_lost()
    {
        var status = await _machines.StatusOfAsync(async () =>
        {
            using var call = _machines.Talk();
            await call.RequestStream.WriteAsync(new StringValue { Value = "a" });
            await _machines.SleepAsync(1);
            _machines.There.IsCut = true;
            await call.RequestStream.WriteAsync(new StringValue { Value = "b" });
            _machines.There.IsCut = false;
            await call.RequestStream.WriteAsync(new StringValue { Value = "c" });
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        });

        Assert.Equal(StatusCode.Unavailable, status);
        Assert.Equal(["a"], _machines.Echo.Heard);
        Assert.Equal(11, _machines.Seconds, 2);
    }

    [Fact]
    public async Task A_reset_breaks_both_ends_at_once()
    {
        await _machines.RunAsync(async () =>
        {
            using var call = _machines.Talk();
            await call.RequestStream.WriteAsync(new StringValue { Value = "a" });
            await _machines.SleepAsync(1);
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            var reading = call.ResponseStream.MoveNext(CancellationToken.None);
            _machines.There.IsCut = true;
            await call.RequestStream.WriteAsync(new StringValue { Value = "b" });
            _machines.Network.Reset("server", "client");
            await _machines.SleepAsync(0.001);
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
        });

        Assert.IsType<IOException>(Assert.Single(_machines.Echo.Failures));
        Assert.Equal(1, _machines.Seconds, 1);
    }

    [Fact]
    public async Task A_write_that_waits_when_the_connection_breaks_fails_like_a_socket()
    {
        _machines.Echo.Gate = new TaskCompletionSource().Task;
        await _machines.RunAsync(async () =>
        {
            using var call = _machines.Talk();
            for (int number = 0; number < 8; number++)
            {
                await call.RequestStream.WriteAsync(new StringValue { Value = "x" });
            }

            var writing = call.RequestStream.WriteAsync(new StringValue { Value = "x" });
            await _machines.SleepAsync(1);
            _machines.Network.Reset("client", "server");
            await Assert.ThrowsAsync<IOException>(() => writing);
            var error = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new StringValue()));
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        });
    }

    [Fact]
    public async Task A_duplicated_request_is_executed_twice_and_answered_once()
    {
        _machines.There.DuplicateRate = 1;

        Assert.Equal("a!", await _machines.RunAsync(() => _machines.SayAsync("a")));
        await _machines.RunAsync(() => _machines.SleepAsync(4));

        Assert.Equal(["a", "a"], _machines.Echo.Heard);
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task A_slow_link_takes_its_time()
    {
        _machines.There.BytesPerSecond = 100_000;

        await _machines.RunAsync(() => _machines.SayAsync(new string('x', 200_000)));

        Assert.Equal(2, _machines.Seconds, 1);
    }

    [Fact]
    public async Task Losses_break_some_calls_although_the_request_was_executed()
    {
        _machines.Back.LossRate = 0.5;
        _machines.Back.LossBreakRate = 0.5;
        int broken = 0;
        for (int number = 0; number < 100; number++)
        {
            broken += await _machines.StatusOfAsync(() => _machines.SayAsync("a")) == StatusCode.Unavailable ? 1 : 0;
        }

        Assert.InRange(broken, 15, 50);
        Assert.Equal(100, _machines.Echo.Heard.Count);
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_trace()
    {
        Assert.Equal(await TraceAsync(7), await TraceAsync(7));
        Assert.NotEqual(await TraceAsync(7), await TraceAsync(8));
    }

    private static async Task<ulong> TraceAsync(int seed)
    {
        var machines = new TwoMachines(seed);
        machines.There.LossRate = machines.Back.LossRate = 0.1;
        machines.There.DuplicateRate = 0.1;
        machines.Scheduler.After(TimeSpan.FromSeconds(2), () => machines.Network.Reset("client", "server"));
        await machines.RunAsync(() => Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            for (int round = 0; round < 20; round++)
            {
                try
                {
                    await machines.SayAsync($"{number}.{round}");
                }
                catch (RpcException)
                {
                    await machines.SleepAsync(0.1);
                }
            }
        })));
        return machines.Scheduler.Trace.Value;
    }
}
