using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Every kind of command and the rules that apply it.</summary>
internal static class CommandList
{
    /// <summary>Calls of clients carry (session, sequence) and happen exactly once.</summary>
    public static bool IsCall(Command command) =>
        command.KindCase is Command.KindOneofCase.Client or Command.KindOneofCase.AllocateChunk;

    public static bool Knows(Command command) => command.KindCase switch
    {
        Command.KindOneofCase.None => false,
        Command.KindOneofCase.Client => command.Client.KindCase != ClientCommand.KindOneofCase.None,
        _ => true,
    };

    public static CommandResult Apply(CommandContext context, Command command)
    {
        if (context.Cluster is null && command.KindCase != Command.KindOneofCase.Bootstrap)
        {
            throw Refusal.Because(ErrorCode.Refused, "the cluster has not been set up: its log does not begin with a bootstrap");
        }

        return command.KindCase switch
        {
            Command.KindOneofCase.Bootstrap => BootstrapRules.Apply(context, command.Bootstrap),
            Command.KindOneofCase.Client => Apply(context, command.Client),
            Command.KindOneofCase.OpenSession => OpenSessionRules.Apply(context, command.OpenSession),
            Command.KindOneofCase.EndSession => EndSessionRules.Apply(context, command.EndSession),
            Command.KindOneofCase.AllocateChunk => AllocateChunkRules.Apply(context, command.AllocateChunk),
            Command.KindOneofCase.SealChunk => SealChunkRules.Apply(context, command.SealChunk),
            Command.KindOneofCase.RegisterServer => RegisterServerRules.Apply(context, command.RegisterServer),
            Command.KindOneofCase.ChangeReplicas => ChangeReplicasRules.Apply(context, command.ChangeReplicas),
            Command.KindOneofCase.RemoveChunks => RemoveChunksRules.Apply(context, command.RemoveChunks),
            Command.KindOneofCase.ReclaimMap => ReclaimMapRules.Apply(context, command.ReclaimMap),
            Command.KindOneofCase.NoteMember => NoteMemberRules.Apply(context, command.NoteMember),
            Command.KindOneofCase.SetWishes => SetWishesRules.Apply(context, command.SetWishes),
            Command.KindOneofCase.SetProtection => SetProtectionRules.Apply(context, command.SetProtection),
            Command.KindOneofCase.SetDraining => SetDrainingRules.Apply(context, command.SetDraining),
            Command.KindOneofCase.RemoveServer => RemoveServerRules.Apply(context, command.RemoveServer),
            Command.KindOneofCase.RaiseFeatureLevel => RaiseFeatureLevelRules.Apply(context, command.RaiseFeatureLevel),
            Command.KindOneofCase.ReclaimOrphans => ReclaimOrphansRules.Apply(context, command.ReclaimOrphans),
            _ => throw Refusal.Because(ErrorCode.Unsupported, "a command without a kind that this version knows"),
        };
    }

    private static CommandResult Apply(CommandContext context, ClientCommand command) => command.KindCase switch
    {
        ClientCommand.KindOneofCase.MakeDirectory => MakeDirectoryRules.Apply(context, command.MakeDirectory),
        ClientCommand.KindOneofCase.CreateFile => CreateFileRules.Apply(context, command.CreateFile),
        ClientCommand.KindOneofCase.StageFile => StageFileRules.Apply(context, command.StageFile),
        ClientCommand.KindOneofCase.LinkStaged => LinkStagedRules.Apply(context, command.LinkStaged),
        ClientCommand.KindOneofCase.DropStaged => DropStagedRules.Apply(context, command.DropStaged),
        ClientCommand.KindOneofCase.Commit => CommitRules.Apply(context, command.Commit),
        ClientCommand.KindOneofCase.Truncate => TruncateRules.Apply(context, command.Truncate),
        ClientCommand.KindOneofCase.Rename => RenameRules.Apply(context, command.Rename),
        ClientCommand.KindOneofCase.Unlink => UnlinkRules.Apply(context, command.Unlink),
        ClientCommand.KindOneofCase.RemoveDirectory => RemoveDirectoryRules.Apply(context, command.RemoveDirectory),
        ClientCommand.KindOneofCase.SetPolicy => SetPolicyRules.Apply(context, command.SetPolicy),
        ClientCommand.KindOneofCase.UpdateChunks => UpdateChunksRules.Apply(context, command.UpdateChunks),
        _ => throw Refusal.Because(ErrorCode.Unsupported, "a client command without a kind that this version knows"),
    };
}
