using DfsNet.Protocol;
using DfsNet.Protocol.Connections;
using DfsNet.Simulation.Time;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>The ways from one life of a process to every address.</summary>
internal sealed class SimulatedConnections(SimulatedNetwork network, string machine, Life life, TimeProvider clock) : IConnections
{
    private readonly Dictionary<string, SimulatedInvoker> _control = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedInvoker> _bulk = new(StringComparer.Ordinal);

    public CallInvoker Control(string address) => Find(_control, address, Limits.ControlMessageMax);

    public CallInvoker Bulk(string address) => Find(_bulk, address, Limits.BulkMessageMax);

    private SimulatedInvoker Find(Dictionary<string, SimulatedInvoker> known, string address, int messageMax)
    {
        if (!known.TryGetValue(address, out var invoker))
        {
            invoker = known[address] = new SimulatedInvoker(network, machine, life, clock, address, messageMax);
        }

        return invoker;
    }
}
