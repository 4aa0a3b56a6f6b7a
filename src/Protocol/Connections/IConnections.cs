using Grpc.Core;

namespace DfsNet.Protocol.Connections;

/// <summary>The way to other processes: the seam where the simulator's network takes the place of gRPC channels.</summary>
public interface IConnections
{
    /// <summary>For small calls to host:port; never shared with bulk bytes.</summary>
    CallInvoker Control(string address);

    /// <summary>For bulk streams; successive calls are spread over several connections.</summary>
    CallInvoker Bulk(string address);
}
