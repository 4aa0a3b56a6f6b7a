using System.Diagnostics;
using System.Globalization;

namespace DfsNet.Cluster.Harness;

/// <summary>
/// A network of the test's own: one namespace with a bridge, and one behind it for each server, whose cable can be pulled. They are gone
/// with the processes that hold them. Needs root, and a machine where namespaces may be made: elsewhere the test is skipped, and says why.
/// </summary>
internal sealed class NetworkNamespaces : IAsyncDisposable
{
    private readonly List<Process> _holders = [];

    private NetworkNamespaces()
    {
    }

    public static async Task<NetworkNamespaces> CreateAsync(int servers)
    {
        Assert.SkipUnless(Environment.UserName == "root", "network namespaces need root");
        var network = new NetworkNamespaces();
        try
        {
            for (int node = 0; node <= servers; node++)
            {
                await network.HoldAsync();
            }

            await network.RunAsync(0, "ip link set lo up");
            await network.RunAsync(0, "ip link add br0 type bridge");
            await network.RunAsync(0, $"ip addr add {AddressOf(0)}/24 dev br0");
            await network.RunAsync(0, "ip link set br0 up");
            for (int node = 1; node <= servers; node++)
            {
                await network.RunAsync(0, $"ip link add v{node} type veth peer name e0 netns {network._holders[node].Id}");
                await network.RunAsync(0, $"ip link set v{node} master br0 up");
                await network.RunAsync(node, "ip link set lo up");
                await network.RunAsync(node, $"ip addr add {AddressOf(node)}/24 dev e0");
                await network.RunAsync(node, "ip link set e0 up");
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Of node 0, which is on the bridge itself, or of a server.</summary>
    public static string AddressOf(int node) => node == 0 ? "10.77.0.254" : $"10.77.0.{node}";

    /// <summary>What runs a program on a node.</summary>
    public IReadOnlyList<string> Via(int node) =>
        ["nsenter", "-t", _holders[node].Id.ToString(CultureInfo.InvariantCulture), "-n"];

    /// <summary>Pulls the cable of a server: nothing comes or goes, and nobody is told.</summary>
    public Task CutAsync(int node) => RunAsync(0, $"ip link set v{node} down");

    public Task MendAsync(int node) => RunAsync(0, $"ip link set v{node} up");

    public async ValueTask DisposeAsync()
    {
        foreach (var holder in _holders)
        {
            holder.Kill();
            await holder.WaitForExitAsync();
            holder.Dispose();
        }
    }

    /// <summary>A process that holds a namespace, until its input ends.</summary>
    private async Task HoldAsync()
    {
        var holder = Start(["unshare", "-n", "sh", "-c", "echo ready; exec cat"]);
        string? said = await holder.StandardOutput.ReadLineAsync();
        if (said != "ready")
        {
            string why = await holder.StandardError.ReadToEndAsync();
            Assert.Skip($"network namespaces cannot be made here: {why.Trim()}");
        }

        _holders.Add(holder);
    }

    private async Task RunAsync(int node, string command)
    {
        using var process = Start([.. Via(node), .. command.Split(' ')]);
        string output = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.SkipWhen(process.ExitCode != 0, $"the network of a namespace cannot be set up here: {command}: {output.Trim()}");
    }

    private static Process Start(IReadOnlyList<string> command)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{command[0]} is missing");
            throw;
        }
    }
}
