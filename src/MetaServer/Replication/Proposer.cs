using System.Threading.Channels;
using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Google.Protobuf;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// Takes commands, puts them into the log in one order, applies each after its flush, and answers. Two loops: one owns the order and hands
/// entries to the log, the other owns the state machine; so one batch is applied while the next is flushed. This is the place where Raft
/// comes between the two: then "durable" means on a majority.
/// </summary>
internal sealed class Proposer
{
    // A commit of 1,000 slices is about 50 KB; what is larger than this is no command of ours.
    private const int CommandBytesMax = 1024 * 1024;

    // What may wait for the log in bytes, whatever the number of commands.
    public const long QueueBytesMax = 64L * 1024 * 1024;

    // Entries handed to the journal and not yet applied: two full batches of small commands.
    private const int InFlightMax = 4_096;

    // The journal writes batches in pages of this size.
    private const int BatchOverheadBytes = 4096;

    // Long enough not to spin on a full disk, short enough that deleting works soon after space appears.
    private static readonly TimeSpan FullPause = TimeSpan.FromSeconds(1);

    private readonly StateMachine _state;
    private readonly Action<Applied> _observe;
    private readonly SpaceWatch _space;
    private readonly TimeProvider _time;
    private readonly TimeSpan _callTimeMax;
    private readonly Channel<Proposal> _queue;
    private long _queuedBytes;
    private long _logBytes;
    private ulong _term;
    private ulong _nextIndex;

    public Proposer(StateMachine state, Action<Applied> observe, SpaceWatch space, TimeProvider time, MetaServerOptions options)
    {
        _state = state;
        _observe = observe;
        _space = space;
        _time = time;
        _callTimeMax = options.CallTimeMax;
        _queue = Channel.CreateBounded<Proposal>(new BoundedChannelOptions(options.CommandQueueMax) { SingleReader = true });
    }

    /// <summary>About how many bytes the log took since the start; what the store's flush is paced by.</summary>
    public long LogBytes => Interlocked.Read(ref _logBytes);

    public ulong Term => Volatile.Read(ref _term);

    /// <summary>
    /// Returns when the command is durable and applied; its own refusal is in the result. The error of a call that ends early (time,
    /// cancellation, a stop) leaves open whether it takes effect: sent again under the same request id it does so once.
    /// </summary>
    public async Task<Committed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        var proposal = Enqueue(command);
        try
        {
            return await proposal.Done.WaitAsync(_callTimeMax, _time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            throw new DfsException(ErrorCode.TimedOut, "submit", "the command log did not answer in time", error);
        }
    }

    /// <summary>
    /// A read that begins after this sees every command acknowledged before: in a log of one node a command is applied before it is
    /// acknowledged, so there is nothing to wait for. With Raft the leader makes sure here that it still is one.
    /// </summary>
    public ValueTask ReadBarrierAsync(CancellationToken cancellation) =>
        cancellation.IsCancellationRequested ? ValueTask.FromCanceled(cancellation) : ValueTask.CompletedTask;

    /// <summary>
    /// Runs until <see cref="Stop"/>, or throws when the log failed. A full disk refuses what is in flight and everything for a second,
    /// then the log is tried again: deleting must work as soon as there is room for it.
    /// </summary>
    public async Task RunAsync(CommandLog log, ulong term)
    {
        Volatile.Write(ref _term, term);
        while (await RunUntilFullAsync(log).ConfigureAwait(false) == LogEnd.Full)
        {
            RefuseWaiting();
            await Task.Delay(FullPause, _time).ConfigureAwait(false);
            _space.IsLogFull = false;
        }
    }

    /// <summary>Takes nothing more; what was taken is still done while the log works.</summary>
    public void Stop() => _queue.Writer.TryComplete();

    /// <summary>Answers everything that waits and was never put into the log.</summary>
    public void RefuseWaiting()
    {
        while (_queue.Reader.TryRead(out var proposal))
        {
            Fail(proposal, _space.IsLogFull ? SpaceWatch.OutOfSpace() : Stopping());
        }
    }

    private CommandResult Apply(LogPoint point, Command command)
    {
        var applied = _state.Apply(point.Index, command);
        _observe(applied);
        return applied.Result;
    }

    private static DfsException Stopping() => new(ErrorCode.Unavailable, "submit", "the metadata server is not taking commands now");

    private static DfsException Undecided() =>
        new(
            ErrorCode.Unavailable,
            "submit",
            "the command log failed under this command; sent again under the same request id it is done once");

    private Proposal Enqueue(Command command)
    {
        _space.Admit(command);
        command.StampUnixMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        int size = command.CalculateSize();
        if (size > CommandBytesMax)
        {
            throw new DfsException(ErrorCode.LimitExceeded, "submit", $"a command of {size} bytes is larger than {CommandBytesMax}");
        }

        byte[] body = new byte[size];
        command.WriteTo(body.AsSpan());
        var proposal = new Proposal(command, body);
        if (Interlocked.Add(ref _queuedBytes, size) <= QueueBytesMax && _queue.Writer.TryWrite(proposal))
        {
            return proposal;
        }

        Interlocked.Add(ref _queuedBytes, -size);
        throw _queue.Reader.Completion.IsCompleted
            ? Stopping()
            : new DfsException(ErrorCode.Overloaded, "submit", "too many commands wait for the log; try again later");
    }

    private async Task<LogEnd> RunUntilFullAsync(CommandLog log)
    {
        // The numbers of refused entries are used again: a replay ignores what was written behind them (CommandLog).
        _nextIndex = _state.AppliedIndex + 1;
        var appended = Channel.CreateBounded<Proposal>(new BoundedChannelOptions(InFlightMax) { SingleReader = true, SingleWriter = true });
        using var ended = new CancellationTokenSource();
        var appending = AppendAsync(log, appended.Writer, ended.Token);
        try
        {
            await ApplyAsync(log, appended.Reader).ConfigureAwait(false);
            return LogEnd.Stopped;
        }
        catch (DiskException error) when (error.Failure != DiskFailure.Failed)
        {
            return LogEnd.Full;
        }
        catch
        {
            Stop();
            throw;
        }
        finally
        {
            // The appender may wait for room: what it hands over is taken and refused until it has ended.
            await ended.CancelAsync().ConfigureAwait(false);
            var refusing = RefuseAsync(appended.Reader);
            await appending.ConfigureAwait(false);
            await refusing.ConfigureAwait(false);
        }
    }

    private async Task AppendAsync(CommandLog log, ChannelWriter<Proposal> appended, CancellationToken ended)
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(ended).ConfigureAwait(false))
            {
                while (!ended.IsCancellationRequested && _queue.Reader.TryRead(out var proposal))
                {
                    proposal.Place(new LogPoint(_term, _nextIndex++));
                    proposal.Durable = log.AppendAsync(proposal.Head, proposal.Body);
                    await appended.WriteAsync(proposal, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The applier ended: what is left in the queue waits for the next log, or is refused.
        }
        finally
        {
            appended.Complete();
        }
    }

    private async Task ApplyAsync(CommandLog log, ChannelReader<Proposal> appended)
    {
        await foreach (var proposal in appended.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                // An entry that has to be waited for begins a batch, which fills whole pages of the log.
                bool beginsBatch = !proposal.Durable.IsCompleted;
                long position = await proposal.Durable.ConfigureAwait(false);
                log.Mark(proposal.Point.Index, position);
                Interlocked.Add(ref _logBytes, proposal.Body.Length + LogEntryFormat.HeadBytes + (beginsBatch ? BatchOverheadBytes : 0));
                proposal.Complete(Apply(proposal.Point, proposal.Command));
                Interlocked.Add(ref _queuedBytes, -proposal.Body.Length);
            }
            catch (DiskException error) when (error.Failure != DiskFailure.Failed)
            {
                // Before the caller hears of it, so that its next call is refused at the door. What the journal refused never comes back.
                _space.IsLogFull = true;
                Fail(proposal, SpaceWatch.OutOfSpace());
                throw;
            }
            catch
            {
                Fail(proposal, Undecided());
                throw;
            }
        }
    }

    private async Task RefuseAsync(ChannelReader<Proposal> appended)
    {
        await foreach (var proposal in appended.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await proposal.Durable.ConfigureAwait(false);
            }
            catch (DiskException)
            {
                // The log failed before this entry; whoever ran it already knows why.
            }

            Fail(proposal, _space.IsLogFull ? SpaceWatch.OutOfSpace() : Undecided());
        }
    }

    private void Fail(Proposal proposal, DfsException error)
    {
        Interlocked.Add(ref _queuedBytes, -proposal.Body.Length);
        proposal.Fail(error);
    }
}

/// <summary>Why the log stopped taking entries without an error.</summary>
internal enum LogEnd
{
    Stopped,
    Full,
}
