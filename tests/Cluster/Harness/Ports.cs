using System.Net;
using System.Net.Sockets;

namespace DfsNet.Cluster.Harness;

/// <summary>
/// Ports that a server can be restarted on: below the range from which the system takes ports for outgoing connections, so that nothing
/// takes one while its server is down.
/// </summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int Count = 12_000;

    private static int _next = Environment.ProcessId * 61 % Count;

    public static int Take()
    {
        for (int tried = 0; tried < Count; tried++)
        {
            int port = First + (Interlocked.Increment(ref _next) % Count);
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new InvalidOperationException("no free port");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
