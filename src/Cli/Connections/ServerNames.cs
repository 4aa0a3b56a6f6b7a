using System.Globalization;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Connections;

/// <summary>Finds the chunk server that an operator means: by number, by address, or by host where it has one server.</summary>
internal static class ServerNames
{
    /// <exception cref="CommandFailure">None is meant, or more than one.</exception>
    public static ServerStatus Find(GetStatusReply status, string name)
    {
        var found = status.Servers.Where(server => IsMeant(server, name)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new CommandFailure($"no chunk server is called '{name}': 'dfs admin nodes' lists their numbers and addresses"),
            _ => throw new CommandFailure($"{found.Count} chunk servers run on {name}: name one by its number or address"),
        };
    }

    private static bool IsMeant(ServerStatus server, string name) =>
        server.ServerId.ToString(CultureInfo.InvariantCulture) == name
        || server.Address == name
        || server.Address[..Math.Max(0, server.Address.LastIndexOf(':'))] == name;
}
