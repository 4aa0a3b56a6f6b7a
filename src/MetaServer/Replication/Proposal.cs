using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>A command on its way through the log, and the caller who waits for it.</summary>
internal sealed class Proposal(Command command, byte[] body)
{
    private readonly TaskCompletionSource<Committed> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Command Command { get; } = command;

    public byte[] Body { get; } = body;

    public byte[] Head { get; } = new byte[LogEntryFormat.HeadBytes];

    /// <summary>Where the entry stands; its waiter is matched by both term and index.</summary>
    public LogPoint Point { get; private set; }

    /// <summary>Completes when the entry is on stable storage; awaited once, by the applier.</summary>
    public ValueTask<long> Durable { get; set; }

    public Task<Committed> Done => _done.Task;

    public void Place(LogPoint point)
    {
        Point = point;
        LogEntryFormat.WriteHead(Head, point);
    }

    public void Complete(CommandResult result) => _done.TrySetResult(new Committed(Point.Index, result));

    public void Fail(DfsException error) => _done.TrySetException(error);
}

/// <summary>
/// An applied command: the index of its entry and what it gave. A repeated call gives the first call's result under a new index.
/// </summary>
internal readonly record struct Committed(ulong Index, CommandResult Result);
