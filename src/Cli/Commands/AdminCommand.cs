using System.CommandLine;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin: what operators ask and order.</summary>
internal static class AdminCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("admin", "What operators ask and order");
        command.Add(AdminStatusCommand.Create(clients, surroundings));
        return command;
    }
}
