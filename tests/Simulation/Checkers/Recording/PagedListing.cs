using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>
/// One listing of a directory, page by page, while others make and remove files there. It is no picture of one moment; but what was there
/// all the while is in it exactly once, what was not there at any moment is not, and the names are in order.
/// </summary>
internal sealed class PagedListing(Chronicle chronicle, NamePath directory)
{
    private readonly List<string> _names = [];
    private readonly long _begun = chronicle.Now();
    private long _ended = long.MaxValue;

    public void Add(string name) => _names.Add(name);

    /// <summary>After the last page.</summary>
    public void End() => _ended = chronicle.Now();

    /// <summary>What is wrong, a line each, when everything that was asked of these names is known.</summary>
    public IEnumerable<string> Check(IReadOnlyList<RecordedCall> calls)
    {
        for (int i = 1; i < _names.Count; i++)
        {
            if (string.CompareOrdinal(_names[i - 1], _names[i]) >= 0)
            {
                yield return $"{this}: {_names[i]} comes behind {_names[i - 1]}";
            }
        }

        var changes = calls.Where(call => call.Operation is PutCall or DeleteCall && call.Outcome != Outcome.Refused)
            .ToLookup(call => call.Operation.Path.Text, StringComparer.Ordinal);
        foreach (var ofName in changes.Where(group => group.Key.StartsWith(directory.Below, StringComparison.Ordinal)))
        {
            string name = ofName.Key[directory.Below.Length..];
            bool isListed = _names.Contains(name);
            if (!isListed && IsThereAllTheWhile([.. ofName]))
            {
                yield return $"{this}: {name} was there all the while, and is missing";
            }

            if (isListed && IsNeverThere([.. ofName]))
            {
                yield return $"{this}: {name} is in it, and was not there at any moment";
            }
        }

        foreach (string name in _names.Where(name => !changes.Contains(directory.Below + name)))
        {
            yield return $"{this}: nobody ever made {name}";
        }
    }

    public override string ToString() => $"list of {directory} from {chronicle.TimeOf(_begun)} to {chronicle.TimeOf(_ended)}";

    /// <summary>Somebody made it before, and whoever may have removed it did so before that, or began it later.</summary>
    private bool IsThereAllTheWhile(List<RecordedCall> changes) => changes.Exists(
        made => made.Operation is PutCall && made.Outcome == Outcome.Done && made.Ended < _begun
            && changes.TrueForAll(other => other.Operation is PutCall || EndOf(other) < made.Begun || other.Begun > _ended));

    /// <summary>Somebody removed it before, or nobody had made it; whoever may have made it did so before that, or began later.</summary>
    private bool IsNeverThere(List<RecordedCall> changes) =>
        changes.TrueForAll(made => made.Operation is not PutCall || made.Begun > _ended)
        || changes.Exists(
            removed => removed.Operation is DeleteCall && removed.Outcome == Outcome.Done && removed.Ended < _begun
                && changes.TrueForAll(other => other.Operation is DeleteCall || EndOf(other) < removed.Begun || other.Begun > _ended));

    private static long EndOf(RecordedCall call) => call.Outcome == Outcome.Done ? call.Ended : long.MaxValue;
}
