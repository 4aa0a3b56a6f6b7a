using System.CommandLine;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin: what operators ask and order.</summary>
internal static class AdminCommand
{
    public static Command Create(Clients clients, MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command("admin", "What operators ask and order");
        command.Add(AdminStatusCommand.Create(clients, surroundings));
        foreach (var upkeep in AdminServerCommands.Create(meta, surroundings).Concat(AdminUpkeepCommands.Create(meta, surroundings)))
        {
            command.Add(upkeep);
        }

        command.Add(AdminMetaCommand.Create(clients, meta, surroundings));
        command.Add(AdminBackupCommand.Protect(meta, surroundings));
        return command;
    }
}
