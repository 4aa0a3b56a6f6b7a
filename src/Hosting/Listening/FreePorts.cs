using System.Net;
using System.Net.Sockets;

namespace DfsNet.Hosting.Listening;

/// <summary>
/// Ports that nobody listens on at this moment, for servers that have to know each other's addresses before they start. Another process may
/// take one before its server does; then that server says so.
/// </summary>
public static class FreePorts
{
    public static IReadOnlyList<int> Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
