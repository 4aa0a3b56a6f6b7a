namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>What the system would do if it did one operation after the other.</summary>
internal interface ISequentialModel<TState, TOperation>
{
    TState Initial { get; }

    /// <summary>Whether the operation, asked and answered as it says, can happen in this state; what is true after it.</summary>
    bool TryStep(TState state, TOperation operation, out TState next);

    /// <summary>
    /// Whether this operation, with this answer, changes nothing in any state that another one could notice. It is placed as soon as it
    /// fits, and no other place is tried: whatever order is possible with it later is possible with it now.
    /// </summary>
    bool IsObservation(TOperation operation);

    bool AreEqual(TState one, TState other);

    /// <summary>Equal for equal states, and the same in every process.</summary>
    ulong Hash(TState state);

    /// <summary>For people: the state, as far as it matters to the operation.</summary>
    string Describe(TState state, TOperation operation);
}
