using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

public sealed class CallKindTests
{
    private readonly TwoMachines _machines = new();

    [Fact]
    public async Task A_unary_call_is_answered_after_two_delays()
    {
        _machines.There.DelayMin = _machines.There.DelayMax = TimeSpan.FromSeconds(1);
        _machines.Back.DelayMin = _machines.Back.DelayMax = TimeSpan.FromSeconds(2);

        Assert.Equal("hello!", await _machines.RunAsync(() => _machines.SayAsync("hello")));

        Assert.Equal(3, _machines.Seconds, 3);
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task An_error_of_the_handler_arrives_with_its_trailers()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => _machines.RunAsync(() => _machines.SayAsync("fail")));

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal("asked", error.Trailers.GetValue("why"));
    }

    [Fact]
    public async Task A_server_stream_arrives_in_order_and_ends()
    {
        int count = await _machines.RunAsync(async () =>
        {
            using var call = _machines.Connections.Bulk(TwoMachines.Address)
                .AsyncServerStreamingCall(EchoService.Repeat, null, default, new StringValue { Value = "ab×20" });
            int seen = 0;
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                Assert.Equal("ab", call.ResponseStream.Current.Value);
                seen++;
            }

            Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
            return seen;
        });

        Assert.Equal(20, count);
    }

    [Fact]
    public async Task A_client_stream_is_answered_once()
    {
        string answer = await _machines.RunAsync(async () =>
        {
            using var call = _machines.Connections.Control(TwoMachines.Address).AsyncClientStreamingCall(EchoService.Join, null, default);
            foreach (string text in new[] { "a", "b", "c" })
            {
                await call.RequestStream.WriteAsync(new StringValue { Value = text });
            }

            await call.RequestStream.CompleteAsync();
            return (await call.ResponseAsync).Value;
        });

        Assert.Equal("a b c", answer);
    }

    [Fact]
    public async Task Both_directions_of_a_duplex_stream_keep_their_order_over_a_lossy_link()
    {
        _machines.There.LossRate = _machines.Back.LossRate = 0.2;
        _machines.There.LossBreakRate = _machines.Back.LossBreakRate = 0;
        var answers = new List<string>();
        await _machines.RunAsync(async () =>
        {
            using var call = _machines.Talk();
            for (int number = 0; number < 50; number++)
            {
                await call.RequestStream.WriteAsync(new StringValue { Value = $"{number}" });
                Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
                answers.Add(call.ResponseStream.Current.Value);
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        });

        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"{number}!"), answers);
        Assert.True(_machines.Network.Counters.Retransmissions > 5);
        Assert.Equal(0, _machines.Network.RunningCalls);
    }

    [Fact]
    public async Task A_method_that_nobody_bound_is_unimplemented()
    {
        _machines.Network.Listen("server", "server:2", _machines.Server, _ => { });

        Assert.Equal(StatusCode.Unimplemented, await _machines.StatusOfAsync(() => _machines.Connections.Control("server:2")
            .AsyncUnaryCall(EchoService.Say, null, default, new StringValue()).ResponseAsync));
    }

    [Fact]
    public async Task A_writer_waits_until_the_reader_makes_room()
    {
        var gate = new TaskCompletionSource();
        _machines.Echo.Gate = gate.Task;
        int written = 0;
        await _machines.RunAsync(async () =>
        {
            using var call = _machines.Talk();
            var writing = Task.Run(async () =>
            {
                for (; written < 30; written++)
                {
                    await call.RequestStream.WriteAsync(new StringValue { Value = "x" });
                }
            });
            await _machines.SleepAsync(5);
            Assert.Equal(_machines.Network.MessagesInFlightMax, written);
            gate.SetResult();
            await _machines.SleepAsync(5);

            // Nobody reads the answers: the handler waits as well.
            Assert.InRange(_machines.Echo.Heard.Count, 8, 10);
            while (_machines.Echo.Heard.Count < 30 && await call.ResponseStream.MoveNext(CancellationToken.None))
            {
            }

            await writing;
        });

        Assert.Equal(30, written);
    }

    [Fact]
    public async Task A_writer_waits_for_bytes_that_were_not_read()
    {
        int sent = 0;
        await _machines.RunAsync(async () =>
        {
            using var call = _machines.Connections.Bulk(TwoMachines.Address).AsyncServerStreamingCall(
                EchoService.Repeat, null, default, new StringValue { Value = $"{new string('x', 100_000)}×100" });
            await _machines.SleepAsync(1);
            sent = _machines.Echo.Heard.Count;
        });

        Assert.Equal(4, sent);
    }
}
