using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>Exactly once within a session: the result of each call is kept until its session says that it needs it no more.</summary>
internal static class CallLedger
{
    /// <summary>The answer to a call that must not be applied: its kept result, or why it cannot be carried out. Null: apply it.</summary>
    public static CommandResult? FindAnswer(IStateReads state, RequestId? request)
    {
        if (request is null || request.SessionId == 0 || request.Sequence == 0 || request.LowestOpen > request.Sequence)
        {
            return Refuse(ErrorCode.InvalidArgument, "a call needs a session, a sequence from 1, and a lowest open sequence not above it");
        }

        var session = new SessionId(request.SessionId);
        if (state.Get(Keys.Session(session)) is not { } record)
        {
            return Refuse(ErrorCode.SessionEnded, $"session {session} has ended");
        }

        if (request.Sequence < record.LowestOpen)
        {
            return Refuse(ErrorCode.OutcomeUnknown, $"call {request.Sequence} of session {session} was settled before; its result is gone");
        }

        if (state.Get(Keys.SessionResult(session, request.Sequence)) is { } kept)
        {
            return kept;
        }

        // What this call lets go makes room first, so a session that settles its calls never comes here.
        return record.Results >= Limits.SessionResultsMax && !MakesRoom(state, session, record, request)
            ? Refuse(ErrorCode.LimitExceeded, $"session {session} keeps {record.Results} results: settle calls first")
            : null;
    }

    /// <summary>Keeps the result of a call that was applied, and drops those below its lowest open sequence.</summary>
    public static void Keep(Transaction state, RequestId request, CommandResult result)
    {
        var session = new SessionId(request.SessionId);
        var record = state.Require(Keys.Session(session));
        if (request.LowestOpen > record.LowestOpen)
        {
            foreach (var (key, _) in state.Scan(Keys.SessionResults(session, record.LowestOpen, request.LowestOpen)))
            {
                state.Delete(new RecordKey<CommandResult>(key));
                record.Results--;
            }

            record.LowestOpen = request.LowestOpen;
        }

        state.Put(Keys.SessionResult(session, request.Sequence), result);
        record.Results++;
        state.Put(Keys.Session(session), record);
    }

    private static bool MakesRoom(IStateReads state, SessionId session, SessionRecord record, RequestId request) =>
        request.LowestOpen > record.LowestOpen && state.Scan(Keys.SessionResults(session, record.LowestOpen, request.LowestOpen)).Any();

    private static CommandResult Refuse(ErrorCode code, string message) => new() { Error = code, Message = message };
}
