using DfsNet.Integrity;
using DfsNet.MetaServer.Commands;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>
/// Applies commands to the store: total (every decoded command yields a result), deterministic (no clock, no randomness), bounded, and one
/// batch per command. A refused command changes nothing but the kept result of its call.
/// </summary>
public sealed class StateMachine(IStateStore store)
{
    // A call's own bookkeeping: at most all kept results of a session dropped, one written, its session, the counters.
    private const int BookkeepingRecordsMax = Limits.SessionResultsMax + 3;

    /// <summary>The index of the newest applied command; 0 for an empty store.</summary>
    public ulong AppliedIndex => store.AppliedIndex;

    /// <summary>Records that the rules of one command may write; steps of larger work stop before.</summary>
    internal static int RecordsMax => Limits.CommandRecordsMax - BookkeepingRecordsMax;

    /// <summary>
    /// Applies the entry at <paramref name="index"/>. After a restart the caller begins behind <see cref="AppliedIndex"/>: an entry is
    /// never applied twice.
    /// </summary>
    public Applied Apply(ulong index, Command command)
    {
        Invariant.Require(index > store.AppliedIndex, "an entry is applied once");
        bool isCall = CommandList.IsCall(command);
        if (isCall && CallLedger.FindAnswer(store, command.Request) is { } answer)
        {
            store.Apply(index, []);
            return new Applied(answer, []);
        }

        var context = new CommandContext(new Transaction(store), index, command);
        CommandResult result;
        try
        {
            result = CommandList.Apply(context, command);
            context.StoreCounters();
            RequireBounded(context, isCall ? RecordsMax : Limits.CommandRecordsMax);
        }
        catch (DfsException refusal) when (Refusal.Is(refusal))
        {
            // The edge where a refusal becomes the caller's answer: what the rules changed so far is forgotten.
            context = new CommandContext(new Transaction(store), index, command);
            result = Refusal.ToResult(refusal);
        }

        if (isCall)
        {
            CallLedger.Keep(context.State, command.Request, result);
        }

        store.Apply(index, context.State.Changes);
        return new Applied(result, context.Events);
    }

    private static void RequireBounded(CommandContext context, int recordsMax)
    {
        int records = context.State.Changes.Count;
        if (records > recordsMax)
        {
            throw Refusal.Because(
                ErrorCode.LimitExceeded, $"the command would write {records} records, {recordsMax} is the most: split it");
        }
    }
}
