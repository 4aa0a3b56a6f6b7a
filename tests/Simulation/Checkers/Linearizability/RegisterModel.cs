using System.Globalization;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>One number that can be written and read: the model against which the search itself is tested.</summary>
internal sealed class RegisterModel : ISequentialModel<int, RegisterOperation>
{
    public int Initial => 0;

    public bool TryStep(int state, RegisterOperation operation, out int next)
    {
        next = operation.IsWrite ? operation.Value : state;
        return operation.IsWrite || operation.Value == state;
    }

    public bool IsObservation(RegisterOperation operation) => !operation.IsWrite;

    public bool AreEqual(int one, int other) => one == other;

    public ulong Hash(int state) => (ulong)state;

    public string Describe(int state, RegisterOperation operation) => state.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Wrote a number, or read it.</summary>
internal sealed record RegisterOperation(bool IsWrite, int Value)
{
    public override string ToString() => $"{(IsWrite ? "write" : "read")} {Value}";
}
