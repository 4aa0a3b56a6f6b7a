using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Connections;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>
/// Where this node's leadership is, while it leads: begun and ended by the applier between two entries, seen by the services.
/// </summary>
internal sealed partial class LeadershipSeat(
    MetaServerOptions options,
    IStateStore store,
    OpenBackupShelf? shelf,
    SpaceWatch space,
    Mailbox mailbox,
    NodeLife life,
    CopyCalls copies,
    TimeProvider time,
    Random random,
    ILoggerFactory logs)
{
    private readonly ILogger _log = logs.CreateLogger<LeadershipSeat>();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _loops = [];
    private CancellationTokenSource? _ending;
    private ulong _bootstrappedIn;
    private volatile Leadership? _present;

    /// <summary>Null while this node does not lead.</summary>
    public Leadership? Present => _present;

    /// <summary>Fails when a loop of a leadership failed: the node has to stop.</summary>
    public Task Broken => _broken.Task;

    /// <summary>Ends when this node leads for the first time.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Called by the applier: see <see cref="LeadershipCalls"/>.</summary>
    public bool TryBegin(ulong term)
    {
        if (StateReader.Cluster(store) is not { } cluster)
        {
            Bootstrap(term);
            return false;
        }

        FixedOptions.Require(options, cluster);
        var proposer = new Proposer(mailbox, life.Replica, term, space, time, options);
        var lead = new Leadership(options, store, shelf, proposer, life, space, copies, time, random, logs);
        lead.Load();
        _ending = new CancellationTokenSource();
        _loops.RemoveAll(loop => loop.IsCompleted);
        _loops.AddRange(lead.Run(_ending.Token).Select(Watch));
        _present = lead;
        _begun.TrySetResult();
        Began(term, store.AppliedIndex);
        return true;
    }

    public void Observe(Applied applied) => _present!.Observe(applied);

    public void End()
    {
        Ended(_present!.Proposer.Term, store.AppliedIndex);
        _present = null;
        _ending!.Cancel();
    }

    /// <summary>Ends when every loop of every leadership has.</summary>
    public Task SettleAsync() => Task.WhenAll(_loops);

    /// <summary>The first command of a cluster; whichever leader's comes first counts.</summary>
    private void Bootstrap(ulong term)
    {
        if (_bootstrappedIn == term)
        {
            return;
        }

        _bootstrappedIn = term;
        var command = new Command
        {
            StampUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Bootstrap = FixedOptions.NewCluster(options, DataDirectory.DrawId(random)),
        };
        mailbox.Post(new Proposal(term, command, command.ToByteArray()));
    }

    /// <summary>Ends with the loop: a failure of any kind ends the node, and cancelling is the end of leadership.</summary>
    private Task Watch(Task loop) => loop.ContinueWith(
        ended =>
        {
            if (ended.IsFaulted)
            {
                _broken.TrySetException(ended.Exception.GetBaseException());
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.None,
        TaskScheduler.Default);

    [LoggerMessage(Level = LogLevel.Information, Message = "Began to lead in term {Term} at entry {Index}")]
    private partial void Began(ulong term, ulong index);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped leading in term {Term} at entry {Index}")]
    private partial void Ended(ulong term, ulong index);
}
