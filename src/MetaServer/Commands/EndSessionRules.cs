using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>
/// Ends a session, by its client or for its silence: open chunks are sealed at what is committed, all are released, staged files become
/// orphans.
/// </summary>
internal static class EndSessionRules
{
    public static CommandResult Apply(CommandContext context, EndSession command)
    {
        var session = new SessionId(command.SessionId);
        if (context.State.Get(Keys.Session(session)) is null)
        {
            return command.SessionId != 0 && command.SessionId < context.Counters.NextSession
                ? new CommandResult { SessionId = command.SessionId }
                : throw Refusal.Because(ErrorCode.SessionEnded, $"session {session} was never opened");
        }

        TakeLastWord(context, session, command);
        foreach (var chunk in StateReader.OwnedChunks(context.State, session).ToList())
        {
            LetGo(context, chunk);
        }

        foreach (var (key, _) in context.State.Scan(Keys.StagedFiles(session)))
        {
            OrphanStaged(context, new InodeId(Keys.IdAt(key, 1)));
            context.State.Delete(new RecordKey<MarkerRecord>(key));
        }

        var record = context.State.Require(Keys.Session(session));
        foreach (var (key, _) in context.State.Scan(Keys.SessionResultsFrom(session, record.LowestOpen)))
        {
            context.State.Delete(new RecordKey<CommandResult>(key));
        }

        context.State.Delete(Keys.SessionNonce(record.Nonce));
        context.State.Delete(Keys.Session(session));
        context.Counters.Sessions--;
        context.Announce(new SessionEnded(session));
        return new CommandResult { SessionId = command.SessionId };
    }

    /// <summary>
    /// Acknowledged prefixes at which open chunks are sealed. A chunk that the leader dropped or sealed in the meantime is passed over:
    /// bytes beyond the committed length are in no file, so nothing is lost by it.
    /// </summary>
    private static void TakeLastWord(CommandContext context, SessionId session, EndSession command)
    {
        if (command.Chunks.Count > Limits.SessionOwnedChunksMax)
        {
            throw Refusal.Because(ErrorCode.LimitExceeded, $"{command.Chunks.Count} chunks in one command");
        }

        foreach (var update in command.Chunks)
        {
            var chunk = new ChunkId(update.ChunkId);
            if (context.State.Get(Keys.Chunk(chunk)) is { State: ChunkState.Open })
            {
                ChunkUpdates.TakePrefix(context, update, ChunkUpdates.RequireOwned(context, chunk, session));
            }
        }
    }

    private static void LetGo(CommandContext context, ChunkId chunk)
    {
        if (context.State.Require(Keys.Chunk(chunk)).State == ChunkState.Open)
        {
            ChunkLedger.Seal(context, chunk);
        }

        if (context.State.Has(Keys.Chunk(chunk)))
        {
            ChunkLedger.Release(context, chunk);
        }
    }

    private static void OrphanStaged(CommandContext context, InodeId inode)
    {
        var record = context.State.Require(Keys.Inode(inode));
        record.StagedBy = 0;
        context.State.Put(Keys.Inode(inode), record);
        Inodes.MakeOrphan(context, inode);
    }
}
