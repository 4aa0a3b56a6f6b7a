using DfsNet.Devices.Network;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Network;

/// <summary>The services behind an address, as long as one life lasts.</summary>
internal sealed record SimulatedEndpoint(string Machine, Life Life, DirectEndpoint Services);
