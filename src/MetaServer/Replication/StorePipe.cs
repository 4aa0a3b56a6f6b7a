using System.Threading.Channels;
using DfsNet.Consensus;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// Puts outputs of the core on stable storage, in order, and lets their messages go only then. Entries are handed to the journal at once,
/// so that many outputs share a flush; a second loop waits for each in turn. A full disk refuses everything in hand: what was refused never
/// comes back, and the log is tried again after a pause.
/// </summary>
internal sealed class StorePipe(
    RaftLog log, BallotFile ballots, SpaceWatch space, TimeProvider time, Action<Message> send, Action<ulong> stored, Action<ulong> refused)
{
    // Beyond this, outputs that store nothing are dropped: their messages are lost, as on any network.
    private const int IdleOutputsMax = 256;

    // Long enough not to spin on a full disk, short enough that deleting works soon after space appears.
    private static readonly TimeSpan FullPause = TimeSpan.FromSeconds(1);

    // What stores something is bounded by what the core lets be uncommitted.
    private readonly Channel<Item> _items = Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });
    private int _waiting;
    private int _epoch;

    // The newest epoch in which something was refused; touched by the loop alone.
    private int _refusedEpoch = -1;

    // The ticket of the last output that is on stable storage, its messages sent: what was refused came behind it. Likewise.
    private ulong _storedTicket;

    /// <summary>Called by the owner of the core alone.</summary>
    public void Put(Output output)
    {
        bool stores = output.Ticket != 0;
        if (!stores && Volatile.Read(ref _waiting) > IdleOutputsMax)
        {
            return;
        }

        var appends = new ValueTask<long>[output.Entries.Count];
        for (int i = 0; i < appends.Length; i++)
        {
            appends[i] = log.AppendAsync(output.Entries[i]);
        }

        Interlocked.Increment(ref _waiting);
        _items.Writer.TryWrite(new Item(output, appends, _epoch));
    }

    /// <summary>The core has heard that its outputs were refused: what it gives from now on is new. Called by its owner.</summary>
    public void BeginAnew() => _epoch++;

    /// <summary>No more outputs come; the loop ends when all are stored.</summary>
    public void Close() => _items.Writer.TryComplete();

    /// <summary>Runs until closed; throws when the disk failed.</summary>
    public async Task RunAsync()
    {
        try
        {
            await foreach (var item in _items.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await TakeAsync(item).ConfigureAwait(false);
                Interlocked.Decrement(ref _waiting);
            }
        }
        finally
        {
            await ForgetRestAsync().ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(Item item)
    {
        if (item.Epoch <= _refusedEpoch)
        {
            await ForgetAsync(item.Appends).ConfigureAwait(false);
            return;
        }

        if (!await TryStoreAsync(item).ConfigureAwait(false))
        {
            _refusedEpoch = item.Epoch;
            space.IsLogFull = true;
            refused(_storedTicket);
            await Task.Delay(FullPause, time).ConfigureAwait(false);
            space.IsLogFull = false;
            return;
        }

        foreach (var message in item.Output.Messages)
        {
            send(message);
        }

        if (item.Output.Ticket != 0)
        {
            _storedTicket = item.Output.Ticket;
            stored(item.Output.Ticket);
        }
    }

    /// <summary>False when the disk is full.</summary>
    private async Task<bool> TryStoreAsync(Item item)
    {
        int awaited = 0;
        try
        {
            if (item.Output.Ballot is { } ballot)
            {
                await ballots.WriteAsync(ballot).ConfigureAwait(false);
            }

            while (awaited < item.Appends.Length)
            {
                // An entry that has to be waited for begins a batch.
                int next = awaited++;
                bool beginsBatch = !item.Appends[next].IsCompleted;
                long position = await item.Appends[next].ConfigureAwait(false);
                log.Wrote(item.Output.Entries[next], position, beginsBatch);
            }

            return true;
        }
        catch (DiskException error) when (error.Failure != DiskFailure.Failed)
        {
            await ForgetAsync(item.Appends[awaited..]).ConfigureAwait(false);
            return false;
        }
    }

    private async Task ForgetRestAsync()
    {
        while (_items.Reader.TryRead(out var item))
        {
            await ForgetAsync(item.Appends).ConfigureAwait(false);
        }
    }

    private static async Task ForgetAsync(IEnumerable<ValueTask<long>> appends)
    {
        foreach (var append in appends)
        {
            try
            {
                await append.ConfigureAwait(false);
            }
            catch (DiskException)
            {
                // Whoever ran the log into it has heard.
            }
        }
    }

    /// <summary>An output and its entries' way into the journal.</summary>
    private sealed record Item(Output Output, ValueTask<long>[] Appends, int Epoch);
}
