using DfsNet.Protocol.Connections;
using DfsNet.Simulation.Time;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>A client and a server with an <see cref="EchoService"/>, for the tests of the network.</summary>
internal sealed class TwoMachines
{
    public const string Address = "server:1";

    public TwoMachines(int seed = 1)
    {
        Network = new SimulatedNetwork(Scheduler, new Random(seed));
        Client = new Life(Scheduler, "client");
        Server = new Life(Scheduler, "server");
        Clock = new NodeClock(Scheduler, Client);
        Connections = Network.ConnectionsOf("client", Client, Clock);
        Network.Listen("server", Address, Server, Echo.Bind);
        Seconds = 0;
    }

    public Scheduler Scheduler { get; } = new();

    public SimulatedNetwork Network { get; }

    public Life Client { get; }

    public Life Server { get; }

    public NodeClock Clock { get; }

    public IConnections Connections { get; }

    public EchoService Echo { get; } = new();

    public LinkConditions There => Network.Link("client", "server");

    public LinkConditions Back => Network.Link("server", "client");

    /// <summary>How long the last run took in virtual time.</summary>
    public double Seconds { get; private set; }

    /// <summary>Runs the work in virtual time until it ends, and passes on how.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        var task = Task.Run(work);
        await Scheduler.RunAsync(() => task.IsCompleted);
        Seconds = (double)Scheduler.Now / TimeSpan.TicksPerSecond;
        Assert.True(task.IsCompleted, "nothing is left to happen, and the work has not ended");
        return await task;
    }

    public Task RunAsync(Func<Task> work) => RunAsync(async () =>
    {
        await work();
        return true;
    });

    /// <summary>The status that the work ends with.</summary>
    public Task<StatusCode> StatusOfAsync(Func<Task> work) => RunAsync(async () =>
    {
        try
        {
            await work();
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    });

    public Task SleepAsync(double seconds) => Scheduler.DelayAsync(TimeSpan.FromSeconds(seconds));

    public async Task<string> SayAsync(string text, CallOptions options = default)
    {
        using var call = Connections.Control(Address).AsyncUnaryCall(EchoService.Say, null, options, new StringValue { Value = text });
        return (await call.ResponseAsync).Value;
    }

    public AsyncDuplexStreamingCall<StringValue, StringValue> Talk(CallOptions options = default) =>
        Connections.Control(Address).AsyncDuplexStreamingCall(EchoService.Talk, null, options);
}
