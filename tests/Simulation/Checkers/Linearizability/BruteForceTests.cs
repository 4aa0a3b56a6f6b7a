using CsCheck;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>The search against trying every order there is.</summary>
public sealed class BruteForceTests
{
    private static readonly Gen<TimedOperation<RegisterOperation>[]> Histories =
        (from isWrite in Gen.Bool
         from value in Gen.Int[0, 2]
         from invoked in Gen.Int[0, 12]
         from length in Gen.Int[0, 6]
         from isUnknown in Gen.Int[0, 4]
         from isStep in Gen.Int[0, 6]
         select new TimedOperation<RegisterOperation>(
             new RegisterOperation(isWrite, value),
             0,
             invoked,
             isWrite && isUnknown == 0 ? TimedOperation<RegisterOperation>.Never : invoked + length)
         {
             IsOptional = isWrite && (isUnknown == 0 || isStep == 0),
         }).Array[0, 6];

    [Fact]
    public void The_search_says_what_trying_every_order_says()
    {
        int broken = 0;
        int good = 0;
        Histories.Sample(
            history =>
            {
                bool exists = ExistsOrder(0, history, []);
                _ = exists ? good++ : broken++;
                var verdict = LinearizabilitySearch<int, RegisterOperation>.Run(new RegisterModel(), history).Verdict;
                return verdict == (exists ? Verdict.Linearizable : Verdict.Broken);
            },
            iter: 3000,
            threads: 1);
        Assert.True(broken > 300 && good > 300, $"{broken} broken histories and {good} good ones");
    }

    private static bool ExistsOrder(int state, TimedOperation<RegisterOperation>[] history, HashSet<int> placed)
    {
        if (Enumerable.Range(0, history.Length).All(i => placed.Contains(i) || history[i].IsOptional))
        {
            return true;
        }

        var model = new RegisterModel();
        for (int i = 0; i < history.Length; i++)
        {
            // What is left out, and required, must not have returned before this one was called; nor may this one have, before one placed.
            var next = history[i];
            bool isTooEarly = Enumerable.Range(0, history.Length).Any(
                other => !placed.Contains(other) && !history[other].IsOptional && history[other].Returned < next.Invoked);
            bool isTooLate = placed.Any(other => next.Returned < history[other].Invoked);
            if (placed.Contains(i) || isTooEarly || isTooLate || !model.TryStep(state, next.What, out int after))
            {
                continue;
            }

            placed.Add(i);
            bool exists = ExistsOrder(after, history, placed);
            placed.Remove(i);
            if (exists)
            {
                return true;
            }
        }

        return false;
    }
}
