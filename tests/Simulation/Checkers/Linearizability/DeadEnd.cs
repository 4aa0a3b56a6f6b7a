using System.Text;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>The furthest that a search came: what it had placed, the state then, and what fits there no more.</summary>
/// <param name="RequiredPlaced">How many operations that certainly happened have a place.</param>
/// <param name="State">The state after them.</param>
/// <param name="Order">What was placed, in its order.</param>
/// <param name="Waiting">What may come next by the order of calls and returns.</param>
/// <param name="Blocking">What must come now, because it returns first; -1 when nothing must.</param>
internal sealed record DeadEnd<TState, TOperation>(
    int RequiredPlaced, TState State, IReadOnlyList<int> Order, IReadOnlyList<int> Waiting, int Blocking)
{
    // Enough of what went before to see how the state came about; the rest is in the trace.
    private const int OrderShown = 12;

    public string Explain(
        ISequentialModel<TState, TOperation> model,
        IReadOnlyList<TimedOperation<TOperation>> operations,
        Verdict verdict,
        Func<long, string> showMoment)
    {
        int required = operations.Count(operation => !operation.IsOptional);
        var text = new StringBuilder();
        text.AppendLine(verdict == Verdict.Broken
            ? $"no order explains this history: {RequiredPlaced} of {required} operations can be placed at most"
            : $"undecided: the search was given up; the longest order it found has {RequiredPlaced} of {required} operations");
        int hidden = Math.Max(0, Order.Count - OrderShown);
        text.AppendLine(hidden == 0 ? "placed, in this order:" : $"placed, in this order ({hidden} earlier ones left out):");
        foreach (int number in Order.Skip(hidden))
        {
            Append(text, operations[number], showMoment);
        }

        if (Blocking >= 0)
        {
            text.AppendLine("has to come next, and cannot:");
            Append(text, operations[Blocking], showMoment);
            text.AppendLine($"    the state then: {model.Describe(State, operations[Blocking].What)}");
        }

        AppendOthers(text, model, operations, showMoment);
        return text.ToString();
    }

    private void AppendOthers(
        StringBuilder text,
        ISequentialModel<TState, TOperation> model,
        IReadOnlyList<TimedOperation<TOperation>> operations,
        Func<long, string> showMoment)
    {
        var others = Waiting.Where(number => number != Blocking && operations[number].Serves is null).ToList();
        if (others.Count != 0)
        {
            text.AppendLine("could come before it, and does not help:");
        }

        foreach (int number in others)
        {
            Append(text, operations[number], showMoment);
            if (!model.TryStep(State, operations[number].What, out _))
            {
                text.AppendLine($"    cannot happen here either: {model.Describe(State, operations[number].What)}");
            }
        }
    }

    private static void Append(StringBuilder text, TimedOperation<TOperation> operation, Func<long, string> showMoment)
    {
        string until = operation.Returned == TimedOperation<TOperation>.Never ? "?" : showMoment(operation.Returned);
        text.AppendLine($"  [{showMoment(operation.Invoked)}..{until}] client {operation.Client}: {operation.What}");
    }
}
