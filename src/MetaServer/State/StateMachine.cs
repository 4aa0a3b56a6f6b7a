using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>Applies commands to the store: total, deterministic, one batch per command.</summary>
public sealed class StateMachine(IStateStore store)
{
    public ulong AppliedIndex => store.AppliedIndex;

    /// <summary>Applies the entry at <paramref name="index"/>, which must be greater than <see cref="AppliedIndex"/>.</summary>
    public Applied Apply(ulong index, Command command)
    {
        store.Apply(index, []);
        return new Applied(new CommandResult { Error = ErrorCode.Unsupported, Message = command.KindCase.ToString() }, []);
    }
}
