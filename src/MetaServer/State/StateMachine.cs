using DfsNet.Consensus;
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
/// <param name="store">What it works on; nobody else changes it.</param>
/// <param name="digested">Hears what the state came to with each entry.</param>
public sealed class StateMachine(IStateStore store, Action<ulong, uint>? digested = null)
{
    // A call's own bookkeeping: at most all kept results of a session dropped, one written, its session, the counters.
    private const int BookkeepingRecordsMax = Limits.SessionResultsMax + 3;

    /// <summary>The newest applied entry; (0, 0) for an empty store.</summary>
    public LogPoint Applied => new(StateReader.History(store).Term, store.AppliedIndex);

    /// <summary>Records that the rules of one command may write; steps of larger work stop before.</summary>
    internal static int RecordsMax => Limits.CommandRecordsMax - BookkeepingRecordsMax;

    /// <summary>
    /// Applies the command at <paramref name="point"/>. After a restart the caller begins behind <see cref="Applied"/>: an entry is
    /// never applied twice.
    /// </summary>
    public Applied Apply(LogPoint point, Command command)
    {
        Invariant.Require(point.Index > store.AppliedIndex, "an entry is applied once");
        bool isCall = CommandList.IsCall(command);
        if (isCall && CallLedger.FindAnswer(store, command.Request) is { } answer)
        {
            Put(point, []);
            return new Applied(answer, []);
        }

        var context = new CommandContext(new Transaction(store), point.Index, command);
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
            context = new CommandContext(new Transaction(store), point.Index, command);
            result = Refusal.ToResult(refusal);
        }

        if (isCall)
        {
            CallLedger.Keep(context.State, command.Request, result);
        }

        Put(point, context.State.Changes);
        return new Applied(result, context.Events);
    }

    /// <summary>The members of the cluster from <paramref name="point"/> on.</summary>
    public void ApplyMembership(LogPoint point, ReadOnlyMemory<byte> membership)
    {
        Invariant.Require(point.Index > store.AppliedIndex, "an entry is applied once");
        Put(point, [new(Keys.Membership, membership.ToArray())]);
    }

    /// <summary>An entry that changes nothing.</summary>
    public void Skip(LogPoint point)
    {
        Invariant.Require(point.Index > store.AppliedIndex, "an entry is applied once");
        Put(point, []);
    }

    private void Put(LogPoint point, IReadOnlyCollection<KeyValuePair<byte[], byte[]?>> changes)
    {
        var history = new HistoryRecord { Term = point.Term, Digest = StateDigest.Next(StateReader.History(store).Digest, point, changes) };
        store.Apply(point.Index, [.. changes, new(Keys.History.Bytes, Records.Encode(history))]);
        digested?.Invoke(point.Index, history.Digest);
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
