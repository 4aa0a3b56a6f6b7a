using DfsNet.Integrity;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>
/// What clients did below one directory, and what they were told. The directory itself has to be there, empty, before the first of them,
/// and nobody else may touch it.
/// </summary>
internal sealed class NamespaceHistory(Chronicle chronicle, string root)
{
    private readonly List<RecordedCall> _calls = [];
    private readonly List<(RecordedCall Made, PutCall Content)> _writtenIntoRemoved = [];
    private int _numbered;

    public string Root => root;

    public Chronicle Chronicle => chronicle;

    public int Count => _calls.Count;

    /// <summary>Everything that was asked, in the order in which it was begun.</summary>
    public IReadOnlyList<RecordedCall> Calls
    {
        get
        {
            lock (_calls) // guards _calls
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>What was written into files that had lost their names: only handles opened before can see it, and none has to.</summary>
    public IReadOnlyList<(RecordedCall Made, PutCall Content)> WrittenIntoRemoved => _writtenIntoRemoved;

    public NamePath Path(string text) => new(root, text);

    /// <summary>A file to store: its pattern is its own.</summary>
    public PutCall Put(string path, long length, bool overwrite, bool parents = false) =>
        new(Path(path), chronicle.IssuePattern($"the content put at {path}"), length, overwrite, parents);

    public ReadCall Read(string path) => new(Path(path), Interlocked.Increment(ref _numbered));

    public TruncateCall Truncate(string path, long length) => new(Path(path), Interlocked.Increment(ref _numbered), length);

    /// <summary>Just before the client is asked. A call that never ends has an unknown outcome.</summary>
    public RecordedCall Begin(int client, NamespaceOperation asked)
    {
        lock (_calls) // guards _calls
        {
            var call = new RecordedCall(chronicle, client, asked);
            _calls.Add(call);
            return call;
        }
    }

    /// <summary>
    /// Just before bytes are written into a file that was made by one call and whose name is gone since; they have their own pattern.
    /// </summary>
    public PutCall WriteIntoRemoved(RecordedCall made, long length)
    {
        string path = made.Operation.Path.Text;
        var content = new PutCall(
            made.Operation.Path, chronicle.IssuePattern($"what was written into {path} when it was removed"), length, false, false);
        _writtenIntoRemoved.Add((made, content));
        return content;
    }

    /// <summary>Searches for an order that explains everything; a search of all the steps takes about half a second.</summary>
    public LinearizabilityResult Check(long stepsMax = 500_000)
    {
        var operations = new List<TimedOperation<NamespaceOperation>>();
        foreach (var call in _calls)
        {
            AddTo(operations, call);
        }

        return LinearizabilitySearch<NamespaceState, NamespaceOperation>.Run(
            new NamespaceModel(), operations, stepsMax, chronicle.TimeOf);
    }

    private static void AddTo(List<TimedOperation<NamespaceOperation>> operations, RecordedCall call)
    {
        if (call.Outcome == Outcome.Refused && !call.TellsAboutNames)
        {
            return;
        }

        if (call.Outcome == Outcome.Unknown && !call.Operation.IsChange)
        {
            return;
        }

        long returned = call.Outcome == Outcome.Unknown ? TimedOperation<NamespaceOperation>.Never : call.Ended;
        var operation = new TimedOperation<NamespaceOperation>(call.Operation, call.Client, call.Begun, returned);
        operations.Add(operation);
        if (FindStepOf(call.Operation) is { } find)
        {
            // The client looked the name up before it gave up: this step ends with the call even when the rest does not.
            operations.Add(new TimedOperation<NamespaceOperation>(find, call.Client, call.Begun, call.Ended)
            {
                IsOptional = true,
                Serves = operation,
            });
        }
    }

    private static FindFileStep? FindStepOf(NamespaceOperation operation) => operation switch
    {
        ReadCall { Error: ErrorCode.Unspecified or ErrorCode.NotFound } read => new FindFileStep(read.Path, read.Call),
        TruncateCall { Error: ErrorCode.Unspecified or ErrorCode.NotFound } truncate => new FindFileStep(truncate.Path, truncate.Call),
        _ => null,
    };
}

/// <summary>One call of a history: begun, and ended in one of three ways, or never.</summary>
internal sealed class RecordedCall(Chronicle chronicle, int client, NamespaceOperation asked)
{
    public int Client => client;

    public long Begun { get; } = chronicle.Now();

    /// <summary>When the caller heard of it, whatever it heard.</summary>
    public long Ended { get; private set; } = long.MaxValue;

    public NamespaceOperation Operation { get; private set; } = asked;

    public Outcome Outcome { get; private set; } = Outcome.Unknown;

    /// <summary>Whether a refusal says something about the names.</summary>
    public bool TellsAboutNames =>
        Outcomes.IsAboutNames(Operation.Error) || (Operation.Error == ErrorCode.InvalidArgument && Operation is not PutCall);

    /// <summary>A change that took effect.</summary>
    public void Succeed() => End(Outcome.Done, Operation);

    public void Succeed(SeenContent seen) => End(Outcome.Done, (ReadCall)Operation with { Seen = seen });

    public void Succeed(SeenName seen) => End(Outcome.Done, (StatCall)Operation with { Seen = seen });

    public void Succeed(IReadOnlyList<SeenName> seen) => End(Outcome.Done, (ListCall)Operation with { Seen = seen });

    /// <summary>The client gave an error: what it says about the outcome is decided in <see cref="Outcomes"/>.</summary>
    public void Fail(ErrorCode error)
    {
        var outcome = Operation.IsChange
            ? Outcomes.OfChange(error)
            : Outcomes.IsAboutNames(error) ? Outcome.Refused : Outcome.Unknown;
        End(outcome, outcome == Outcome.Refused ? Operation with { Error = error } : Operation);
    }

    /// <summary>The caller gave up, or does not know.</summary>
    public void Unknown() => End(Outcome.Unknown, Operation);

    private void End(Outcome outcome, NamespaceOperation answered)
    {
        Invariant.Require(Ended == long.MaxValue, "a call ends once");
        Ended = chronicle.Now();
        Outcome = outcome;
        Operation = answered;
    }
}
