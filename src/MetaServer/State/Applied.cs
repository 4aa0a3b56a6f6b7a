using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.State;

/// <summary>What applying one command gave: the caller's answer, and what the leader's soft state must hear, in order.</summary>
public sealed record Applied(CommandResult Result, IReadOnlyList<StateEvent> Events);
