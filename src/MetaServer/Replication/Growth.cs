using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// Which commands make the state larger for good: refused while the metadata disk is short of space. Sessions are taken, for nothing can be
/// deleted without one, and they end by themselves.
/// </summary>
internal static class Growth
{
    public static bool Of(Command command) => command.KindCase switch
    {
        Command.KindOneofCase.AllocateChunk => true,
        Command.KindOneofCase.Client => command.Client.KindCase
            is ClientCommand.KindOneofCase.MakeDirectory
            or ClientCommand.KindOneofCase.CreateFile
            or ClientCommand.KindOneofCase.StageFile
            or ClientCommand.KindOneofCase.LinkStaged
            or ClientCommand.KindOneofCase.Commit,
        _ => false,
    };
}
