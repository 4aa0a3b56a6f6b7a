using DfsNet.Client;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Workloads;

/// <summary>The names in a directory: every call is recorded, and in the end they must all fit into one order.</summary>
internal sealed class RecordedNames
{
    // A small put is one piece and one command: a session, an append and a commit have a deadline each, and when the session turns out to
    // have ended, all of it is tried once more before the deadline of the whole is over.
    private const int SmallPutDeadlines = 4;
    private const int SmallPutBytes = 64 * 1024;

    private readonly Desk _desk;
    private readonly NamespaceCaller _caller;

    public RecordedNames(Desk desk)
        : this(desk, desk.Directory)
    {
    }

    /// <summary>Of a directory in the desk's, which nobody else touches.</summary>
    public RecordedNames(Desk desk, string directory)
    {
        _desk = desk;
        History = new NamespaceHistory(desk.World.Chronicle, directory);
        _caller = new NamespaceCaller(History);
    }

    public NamespaceHistory History { get; }

    /// <summary>Asks once.</summary>
    public Task<Outcome<RecordedCall>> CallAsync(User user, NamespaceOperation operation) => user.CallAsync(
        operation.ToString(),
        client => _caller.CallAsync(_desk.NumberOf(user), client, operation, CancellationToken.None),
        DeadlinesOf(operation));

    /// <summary>Stores a file from a stream that takes its time; the pattern of the call is what the stream has to give.</summary>
    public Task<Outcome<RecordedCall>> PutAsync(User user, PutCall put, Func<DfsClient, Task> store) =>
        user.CallAsync(put.ToString(), async client =>
        {
            var call = History.Begin(_desk.NumberOf(user), put);
            try
            {
                await store(client).ConfigureAwait(false);
                call.Succeed();
                return call;
            }
            catch (DfsException error)
            {
                call.Fail(error.Code);
                throw;
            }
        });

    /// <summary>Asks until there is an answer, which now must come.</summary>
    public Task InsistAsync(User user, Func<NamespaceOperation> ask) => user.InsistAsync(
        "look at names once more",
        client => _caller.CallAsync(_desk.NumberOf(user), client, ask(), CancellationToken.None),
        error => Outcomes.IsAboutNames(error.Code));

    /// <summary>Reads every file and lists every directory once more.</summary>
    public async Task InsistOnAllAsync(User user, IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            await InsistAsync(user, () => History.Read(path)).ConfigureAwait(false);
            await InsistAsync(user, () => new ListCall(History.Path(path))).ConfigureAwait(false);
        }
    }

    public IEnumerable<string> Check()
    {
        var result = History.Check();
        _desk.World.Coverage.Count($"history: {result.Verdict}");
        return result.Verdict == Verdict.Broken ? [result.Explanation] : [];
    }

    private static int DeadlinesOf(NamespaceOperation operation) => operation switch
    {
        StatCall or MakeDirectoryCall or RemoveDirectoryCall or DeleteCall or MoveCall => 1,
        // It asks what the path is, and then for the entries.
        ListCall => 2,
        // It looks the file up, may need a session, and asks for the change.
        TruncateCall => 3,
        PutCall put when put.Length <= SmallPutBytes => SmallPutDeadlines,
        _ => 0,
    };
}
