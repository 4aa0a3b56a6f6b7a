using DfsNet.Client;

namespace DfsNet.Simulation.Workloads;

/// <summary>A stream that a process has open: of no use any more in the next life of its machine.</summary>
internal sealed record OpenStream(DfsClient Client, DfsFileStream Stream);
