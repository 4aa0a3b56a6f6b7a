using System.ComponentModel;
using DfsNet.Hosting.Listening;
using DfsNet.Protocol.Wire;

namespace DfsNet.Hosting.Nodes;

/// <summary>Where a chunk server process lives on its machine: its directories and addresses.</summary>
public sealed record ChunkServerPlace
{
    // A journal and its flushes per volume; machines with more disks run more servers.
    private const int VolumesMax = 64;

    [Description("Data directories, one per disk")]
    public required IReadOnlyList<string> Data { get; init; }

    [Description("host:port to listen on; port 0 takes a free one")]
    public string Listen { get; init; } = "127.0.0.1:7711";

    [Description("host:port at which clients and other servers reach this server; empty: the address it listens on")]
    public string Advertise { get; init; } = "";

    /// <summary>Checks what only all values together can say.</summary>
    public void Validate()
    {
        if (Data.Count is 0 or > VolumesMax)
        {
            throw Wrong($"{Data.Count} data directories given, 1 to {VolumesMax} are possible");
        }

        if (Data.Select(Path.GetFullPath).Distinct().Count() != Data.Count)
        {
            throw Wrong("a data directory is named twice");
        }

        if (Advertise.Length != 0 && !ListenAddress.TryParse(Advertise, out _))
        {
            throw Wrong($"--advertise \"{Advertise}\" is not host:port");
        }

        if (Advertise.Length == 0 && ListenAddress.Parse(Listen).IsEveryInterface)
        {
            throw Wrong($"--listen {Listen} is every interface: say with --advertise host:port where others reach this server");
        }
    }

    /// <summary>The address to tell others, when the listener got <paramref name="port"/>.</summary>
    internal string AdvertisedAt(int port)
    {
        var address = ListenAddress.Parse(Advertise.Length == 0 ? Listen : Advertise);
        return (address.Port == 0 ? address.WithPort(port) : address).ToString();
    }

    private static DfsException Wrong(string message) => new(ErrorCode.InvalidArgument, "chunk server: options", message);
}
