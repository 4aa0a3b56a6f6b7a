using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>A command on its way through the log, and the caller who waits for it.</summary>
internal sealed class Proposal(ulong term, Command command, byte[] body)
{
    private readonly TaskCompletionSource<Committed> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>In which the proposer leads; in another one the command is not taken.</summary>
    public ulong Term { get; } = term;

    public Command Command { get; } = command;

    public byte[] Body { get; } = body;

    /// <summary>Where the entry stands, once it does; its waiter is matched by both term and index.</summary>
    public LogPoint Point { get; set; }

    public Task<Committed> Done => _done.Task;

    public void Complete(CommandResult result) => _done.TrySetResult(new Committed(Point.Index, result));

    public void Fail(DfsException error) => _done.TrySetException(error);
}

/// <summary>
/// An applied command: the index of its entry and what it gave. A repeated call gives the first call's result under a new index.
/// </summary>
internal readonly record struct Committed(ulong Index, CommandResult Result);
