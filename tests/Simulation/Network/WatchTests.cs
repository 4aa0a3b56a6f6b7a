using Google.Protobuf.WellKnownTypes;

namespace DfsNet.Simulation.Network;

public sealed class WatchTests
{
    private readonly TwoMachines _machines = new();

    [Fact]
    public async Task An_observer_sees_every_message_as_an_object()
    {
        var seen = new List<string>();
        _machines.Network.Seen += message =>
        {
            string? text = (message.Message as StringValue)?.Value;
            seen.Add($"{message.Method} {message.From} {message.To} {message.Moment} {text} {message.Status.StatusCode}");
        };

        await _machines.StatusOfAsync(() => _machines.SayAsync("a"));
        await _machines.StatusOfAsync(() => _machines.SayAsync("fail"));

        Assert.Equal(
            [
                "/test.Echo/Say client server RequestSent a OK",
                "/test.Echo/Say client server RequestDelivered a OK",
                "/test.Echo/Say client server ResponseSent a! OK",
                "/test.Echo/Say client server ResponseDelivered a! OK",
                "/test.Echo/Say client server CallEnded  OK",
                "/test.Echo/Say client server RequestSent fail OK",
                "/test.Echo/Say client server RequestDelivered fail OK",
                "/test.Echo/Say client server CallEnded  NotFound",
            ],
            seen);
    }

    [Fact]
    public async Task A_listener_of_the_trace_reads_lines()
    {
        var lines = new List<string>();
        _machines.Scheduler.Trace.Listener = lines.Add;

        await _machines.RunAsync(() => _machines.SayAsync("a"));

        Assert.Equal(5, lines.Count);
        Assert.Contains("client → server /test.Echo/Say #1: Send request 3 bytes", lines[0], StringComparison.Ordinal);
    }
}
