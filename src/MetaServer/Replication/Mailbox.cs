using System.Threading.Channels;
using DfsNet.Consensus;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// What waits for the owner of the consensus core: calls of other loops, each kind in order, all of them bounded. Messages are dropped when
/// there are too many, as the network would; proposals and reads are refused.
/// </summary>
internal sealed class Mailbox(int proposalsMax)
{
    // Several heartbeats and full windows of every peer.
    private const int MessagesMax = 1_024;

    private const int ReadsMax = 65_536;

    private const int RequestsMax = 256;

    /// <summary>What may wait for the log in bytes, whatever the number of commands.</summary>
    public const long ProposalBytesMax = 64L * 1024 * 1024;

    // Guards all queues and fields below.
    private readonly Lock _lock = new();
    private readonly Queue<Message> _messages = new();
    private readonly Queue<Proposal> _proposals = new();
    private readonly Queue<TaskCompletionSource> _reads = new();
    private readonly Queue<Action<Raft, TimeSpan>> _requests = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private long _proposalBytes;
    private ulong _stored;
    private ulong _applied;
    private bool _closed;

    public void Post(Message message)
    {
        lock (_lock)
        {
            if (_messages.Count < MessagesMax)
            {
                _messages.Enqueue(message);
            }
        }

        Wake();
    }

    /// <exception cref="DfsException">Overloaded, or Unavailable after the end.</exception>
    public void Post(Proposal proposal)
    {
        lock (_lock)
        {
            RequireOpen();
            if (_proposals.Count >= proposalsMax || _proposalBytes + proposal.Body.Length > ProposalBytesMax)
            {
                throw new DfsException(ErrorCode.Overloaded, "submit", "too many commands wait for the log; try again later");
            }

            _proposals.Enqueue(proposal);
            _proposalBytes += proposal.Body.Length;
        }

        Wake();
    }

    /// <summary>The read may begin when the task ends; it fails when this node does not lead.</summary>
    public Task PostRead()
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            RequireOpen();
            if (_reads.Count >= ReadsMax)
            {
                throw new DfsException(ErrorCode.Overloaded, "read", "too many reads wait for the leader's word; try again later");
            }

            _reads.Enqueue(read);
        }

        Wake();
        return read.Task;
    }

    /// <summary>Runs something rare on the owner's loop; false when it cannot be.</summary>
    public bool Post(Action<Raft, TimeSpan> request)
    {
        lock (_lock)
        {
            if (_closed || _requests.Count >= RequestsMax)
            {
                return false;
            }

            _requests.Enqueue(request);
        }

        Wake();
        return true;
    }

    /// <summary>Runs something rare on the owner's loop, and gives what came of it.</summary>
    /// <exception cref="DfsException">Unavailable: too much waits, or the node ends.</exception>
    public async Task<T> AskAsync<T>(Func<Raft, TimeSpan, T> question, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Post((core, now) => answer.TrySetResult(question(core, now))))
        {
            throw new DfsException(ErrorCode.Unavailable, "consensus", "the metadata server is busy or stopping");
        }

        return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public void Stored(ulong ticket)
    {
        lock (_lock)
        {
            _stored = Math.Max(_stored, ticket);
        }

        Wake();
    }

    public void Applied(ulong index)
    {
        lock (_lock)
        {
            _applied = Math.Max(_applied, index);
        }

        Wake();
    }

    public void Wake() => _wake.Writer.TryWrite(true);

    public ValueTask<bool> WaitAsync(CancellationToken cancellation) => _wake.Reader.ReadAsync(cancellation);

    /// <summary>Takes everything that waits.</summary>
    public void Take(Mail into)
    {
        lock (_lock)
        {
            into.Stored = _stored;
            into.Applied = _applied;
            Move(_messages, into.Messages);
            Move(_proposals, into.Proposals);
            Move(_reads, into.Reads);
            Move(_requests, into.Requests);
            _proposalBytes = 0;
        }
    }

    /// <summary>Nothing is taken any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
        }
    }

    private void RequireOpen()
    {
        if (_closed)
        {
            throw new DfsException(ErrorCode.Unavailable, "submit", "the metadata server is stopping");
        }
    }

    private static void Move<T>(Queue<T> from, List<T> to)
    {
        to.AddRange(from);
        from.Clear();
    }
}

/// <summary>What the owner of the core took out of its mailbox at once.</summary>
internal sealed class Mail
{
    public List<Message> Messages { get; } = [];

    public List<Proposal> Proposals { get; } = [];

    public List<TaskCompletionSource> Reads { get; } = [];

    public List<Action<Raft, TimeSpan>> Requests { get; } = [];

    public ulong Stored { get; set; }

    public ulong Applied { get; set; }

    public void Clear()
    {
        Messages.Clear();
        Proposals.Clear();
        Reads.Clear();
        Requests.Clear();
    }
}
