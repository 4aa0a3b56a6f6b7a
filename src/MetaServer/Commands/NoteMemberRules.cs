using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>Notes by which data directory a metadata node is known. The first word counts: a node has one directory in its life.</summary>
internal static class NoteMemberRules
{
    public static CommandResult Apply(CommandContext context, NoteMember command)
    {
        if (command.Member == 0 || command.DirectoryId == 0)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, "a member and its directory have numbers");
        }

        var key = Keys.Member(command.Member);
        if (context.State.Get(key) is not { } known)
        {
            context.State.Put(key, new MemberRecord { DirectoryId = command.DirectoryId });
            return new CommandResult();
        }

        return known.DirectoryId == command.DirectoryId
            ? new CommandResult()
            : throw Refusal.Because(ErrorCode.Refused, $"metadata node {command.Member} is known by another data directory");
    }
}
