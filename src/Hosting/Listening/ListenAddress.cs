using System.Globalization;
using System.Net;
using DfsNet.Protocol.Wire;

namespace DfsNet.Hosting.Listening;

/// <summary>Where a server listens, and the address it tells others: host:port, [v6]:port, or *:port for every interface.</summary>
public sealed record ListenAddress
{
    private ListenAddress(string host, int port)
    {
        Host = host;
        Port = port;
    }

    public string Host { get; }

    /// <summary>0 asks the system for a free port.</summary>
    public int Port { get; }

    /// <summary>Nobody can connect to "every interface": such a server must be told its own name.</summary>
    public bool IsEveryInterface => Host is "*" || (IPAddress.TryParse(Host, out var address)
        && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    public static ListenAddress Parse(string text) => TryParse(text, out var address)
        ? address
        : throw new DfsException(
            ErrorCode.InvalidArgument, "listen", $"\"{text}\" is not host:port (such as 127.0.0.1:7700, [::1]:7700 or *:7700)");

    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        string host = text[..colon];
        bool bracketed = host is ['[', .., ']'];
        host = bracketed ? host[1..^1] : host;
        if (bracketed != host.Contains(':') || Uri.CheckHostName(host) == UriHostNameType.Unknown && host != "*")
        {
            return false;
        }

        address = new ListenAddress(host, port);
        return true;
    }

    public ListenAddress WithPort(int port) => new(Host, port);

    /// <summary>The address to bind; a host name is looked up.</summary>
    public async Task<IPEndPoint> ResolveAsync(CancellationToken cancellation)
    {
        if (Host == "*")
        {
            return new IPEndPoint(IPAddress.IPv6Any, Port);
        }

        if (IPAddress.TryParse(Host, out var literal))
        {
            return new IPEndPoint(literal, Port);
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(Host, cancellation).ConfigureAwait(false);
            // IPv4 first: "localhost" names both, and clients that are given 127.0.0.1 must get through.
            var chosen = found.OrderBy(candidate => candidate.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork).First();
            return new IPEndPoint(chosen, Port);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new DfsException(
                ErrorCode.InvalidArgument, "listen", $"the host name \"{Host}\" is not known here: {error.Message}", error);
        }
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
