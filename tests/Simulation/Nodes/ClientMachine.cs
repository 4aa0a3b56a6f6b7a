using DfsNet.Client;
using DfsNet.Protocol.Bulk;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Nodes;

/// <summary>A machine on which a program uses the SDK. When it dies, the next life connects anew, with a session of its own.</summary>
internal sealed class ClientMachine(World world, string name, Random random) : Machine(world, name, random)
{
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(200);

    private TaskCompletionSource<DfsClient> _connected = New<DfsClient>();
    private TaskCompletionSource<bool> _died = New<bool>();

    /// <summary>The client of the present life, or of the next one when there is none, as soon as it is connected.</summary>
    public Task<DfsClient> Client => _connected.Task;

    /// <summary>The client of the present life; null while it is not connected.</summary>
    public DfsClient? Present { get; private set; }

    /// <summary>Completes when the present life ends.</summary>
    public Task Died => _died.Task;

    /// <summary>Ends the session in good order, as a program does at its end.</summary>
    public async Task CloseAsync()
    {
        if (IsUp && _connected.Task.IsCompletedSuccessfully)
        {
            var client = await _connected.Task.ConfigureAwait(false);
            await Task.WhenAny(client.DisposeAsync().AsTask(), Died).ConfigureAwait(false);
        }
    }

    protected override void Run(Life life, NodeClock clock)
    {
        _died = New<bool>();
        _ = ConnectAsync(life, clock);
    }

    protected override void AfterDeath(bool powerLost)
    {
        if (_connected.Task.IsCompleted)
        {
            _connected = New<DfsClient>();
        }

        Present = null;
        _died.TrySetResult(true);
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ConnectAsync(Life life, NodeClock clock)
    {
        var connections = World.Network.ConnectionsOf(Name, life, clock);
        var options = World.Shape.ClientOptions with { ClientName = Name };
        while (true)
        {
            try
            {
                var client = await DfsClient.ConnectAsync(
                    options,
                    connections,
                    new GrpcBulkTransport(connections),
                    clock,
                    new Random(Random.Next()),
                    World.LogsOf(life)).ConfigureAwait(false);
                if (life.IsAlive)
                {
                    Present = client;
                    _connected.TrySetResult(client);
                }

                return;
            }
            catch (DfsException)
            {
                // Nobody answered yet: a program tries again.
                await Task.Delay(ConnectPause, clock).ConfigureAwait(false);
            }
        }
    }
}
