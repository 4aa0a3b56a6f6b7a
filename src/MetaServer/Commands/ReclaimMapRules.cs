using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Drops some slices of a map that no file uses.</summary>
internal static class ReclaimMapRules
{
    public static CommandResult Apply(CommandContext context, ReclaimMap command)
    {
        int slices = command.MaxSlices is 0 or > FileMaps.StepSlicesMax ? FileMaps.StepSlicesMax : (int)command.MaxSlices;
        return new CommandResult { More = FileMaps.Reclaim(context, new MapId(command.MapId), slices) };
    }
}
