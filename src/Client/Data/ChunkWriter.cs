using System.Threading.Channels;
using DfsNet.Client.Metadata;
using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.Client.Data;

/// <summary>
/// The one writer of one open chunk. Frames are pipelined through the chain in a bounded window; an acknowledgement must repeat our own
/// (length, digest). Whatever goes wrong ends the chain: what was not acknowledged is handed back to be sent elsewhere. Small pieces that
/// wait together travel in one frame.
/// </summary>
internal sealed partial class ChunkWriter : IAsyncDisposable
{
    // With this many packed frames unacknowledged, small pieces wait and gather: each frame costs every hop a flush.
    private const int PackedFramesMax = 4;

    private readonly ChunkPlace _place;
    private readonly int _capacity;
    private readonly TimeSpan _silenceMax;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly IAppendCall _call;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _packedSlots = new(PackedFramesMax);
    private readonly ITimer _silence;

    // Holds at most a window of bytes: TryAppend refuses beyond it.
    private readonly Channel<AppendRequest> _queue =
        Channel.CreateUnbounded<AppendRequest>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = false });

    // Guards all fields below, and the order of the queue.
    private readonly Lock _gate = new();
    private readonly Queue<AppendRequest> _unsent = new();
    private readonly Queue<SentFrame> _sent = new();
    private int _reserved;
    private int _outstanding;
    private bool _retired;
    private DfsException? _failure;
    private long _lastUsed;
    private Task _running = Task.CompletedTask;

    public ChunkWriter(
        ChunkPlace place, int capacity, IBulkTransport transport, DfsClientOptions options, TimeProvider time, ILogger log)
    {
        _place = place;
        _capacity = capacity;
        _silenceMax = options.ChainSilence;
        _time = time;
        _log = log;
        Chunk = new OwnedChunk(new ChunkId(place.Open.ChunkId));
        _lastUsed = time.GetTimestamp();
        _call = transport.OpenAppend(place.Chain[0].Address, _stop.Token);
        _silence = time.CreateTimer(
            static state => ((ChunkWriter)state!).Silent(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public OwnedChunk Chunk { get; }

    public IReadOnlyList<ChainMember> Chain => _place.Chain;

    /// <summary>Why the chain ended; null while it has not, or when it ended in good order.</summary>
    public DfsException? Failure
    {
        get
        {
            lock (_gate) // guards _failure
            {
                return _failure;
            }
        }
    }

    /// <summary>Whether it takes bytes.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate) // guards _retired and _failure
            {
                return !_retired && _failure is null;
            }
        }
    }

    /// <summary>Bytes that still fit.</summary>
    public int Room
    {
        get
        {
            lock (_gate) // guards _reserved
            {
                return _capacity - _reserved;
            }
        }
    }

    /// <summary>Bytes handed in and not yet acknowledged.</summary>
    public int Outstanding
    {
        get
        {
            lock (_gate) // guards _outstanding
            {
                return _outstanding;
            }
        }
    }

    /// <summary>Time since the last append or acknowledgement.</summary>
    public TimeSpan Idle => _time.GetElapsedTime(Interlocked.Read(ref _lastUsed));

    /// <summary>Ends when the stream is over and all requests have their result.</summary>
    public Task Ended => _running;

    public void Start() => _running = RunAsync();

    /// <summary>Takes the bytes (keeping the buffer until they are settled), or says why not.</summary>
    public AppendRefusal TryAppend(BulkBuffer payload, out AppendRequest? request)
    {
        uint crc = payload.Length <= Limits.BlockSize ? Crc32C.Compute(payload.Span) : 0;
        request = null;
        lock (_gate) // guards the fields
        {
            if (_retired || _failure is not null || payload.Length > _capacity - _reserved)
            {
                return AppendRefusal.Over;
            }

            if (_outstanding != 0 && _outstanding + payload.Length > Limits.AppendWindowMax)
            {
                return AppendRefusal.WindowFull;
            }

            request = new AppendRequest(payload.Retain(), new Extent(Chunk, _reserved, payload.Length, crc));
            Chunk.AddUncommitted();
            _reserved += payload.Length;
            if (_outstanding == 0)
            {
                _silence.Change(_silenceMax, Timeout.InfiniteTimeSpan);
            }

            _outstanding += payload.Length;
            _unsent.Enqueue(request);
            _queue.Writer.TryWrite(request);
        }

        Interlocked.Exchange(ref _lastUsed, _time.GetTimestamp());
        return AppendRefusal.None;
    }

    /// <summary>
    /// Takes no more bytes; what was taken is still sent. The chunk is closed once all of that is acknowledged or failed.
    /// </summary>
    public void Retire()
    {
        lock (_gate) // guards the fields
        {
            if (_retired)
            {
                return;
            }

            _retired = true;
            _queue.Writer.TryComplete();
            if (_failure is null && _outstanding == 0)
            {
                CloseInGoodOrder();
            }
        }
    }

    /// <summary>Ends the chain at once: what is not acknowledged by now is handed back.</summary>
    public void Fail(DfsException error)
    {
        List<AppendRequest> failed = [];
        lock (_gate) // guards the fields
        {
            if (_failure is not null || (_retired && _outstanding == 0))
            {
                return;
            }

            _failure = error;
            failed.AddRange(_sent.SelectMany(frame => frame.Requests));
            failed.AddRange(_unsent);
            _sent.Clear();
            _unsent.Clear();
            _outstanding = 0;
            Chunk.Close();
            _queue.Writer.TryComplete();
            _silence.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        ChainEnded(Chunk.Id, error.Message, failed.Count);
        foreach (var request in failed)
        {
            request.Failed();
        }

        _stop.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        Retire();
        Fail(new DfsException(ErrorCode.Unavailable, "append", "the client closed the chunk before its bytes were acknowledged"));
        await _running.ConfigureAwait(false);
        await _silence.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var sending = WatchAsync(SendAsync);
        await WatchAsync(ReceiveAsync).ConfigureAwait(false);
        await sending.ConfigureAwait(false);
        await _call.DisposeAsync().ConfigureAwait(false);
    }

    private async Task WatchAsync(Func<Task> half)
    {
        try
        {
            await half().ConfigureAwait(false);
        }
        catch (DfsException error)
        {
            Fail(error);
        }
        catch (OperationCanceledException error)
        {
            Fail(new DfsException(ErrorCode.Unavailable, "append", "the append stream was stopped", error));
        }
    }

    private async Task SendAsync()
    {
        await _call.SendAsync(new AppendMessage(new AppendHeader { Open = _place.Open }, null), _stop.Token).ConfigureAwait(false);
        var packer = new FramePacker(_queue.Reader);
        uint digest = Crc32C.Empty;
        while (await _queue.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
        {
            if (packer.NextIsSmall)
            {
                await _packedSlots.WaitAsync(_stop.Token).ConfigureAwait(false);
            }

            var frame = packer.Take();
            if (!Hold(frame))
            {
                return;
            }

            using var message = frame.ToMessage(ref digest);
            if (!MarkSent(frame, digest))
            {
                return;
            }

            await _call.SendAsync(message, _stop.Token).ConfigureAwait(false);
        }

        await _call.CompleteAsync().ConfigureAwait(false);
    }

    // A failure elsewhere gives the payloads back to their owners: none is touched after that without a reference of our own.
    private bool Hold(PackedFrame frame)
    {
        lock (_gate) // guards the fields
        {
            if (_failure is not null)
            {
                return false;
            }

            foreach (var request in frame.Requests)
            {
                request.Payload.Retain();
            }

            return true;
        }
    }

    // Marked before it is sent: the acknowledgement may be faster than the end of the send.
    private bool MarkSent(PackedFrame frame, uint digest)
    {
        lock (_gate) // guards the fields
        {
            if (_failure is not null)
            {
                return false;
            }

            for (int i = 0; i < frame.Requests.Count; i++)
            {
                _unsent.Dequeue();
            }

            _sent.Enqueue(new SentFrame(frame.EndOffset, digest, frame.Requests, frame.IsPacked));
            return true;
        }
    }

    private async Task ReceiveAsync()
    {
        while (await _call.ReceiveAsync(_stop.Token).ConfigureAwait(false) is { } ack)
        {
            if (ack.Error is { } error && error.Code != ErrorCode.Unspecified)
            {
                throw Protocol.Errors.ErrorStatus.FromDetail(error);
            }

            Acknowledge(ack);
        }

        Fail(new DfsException(ErrorCode.ChainFailed, "append", $"chunk server {_place.Chain[0].Address} ended the append stream"));
    }

    private void Acknowledge(AppendAck ack)
    {
        List<SentFrame> frames = [];
        lock (_gate) // guards the fields
        {
            while (_sent.TryPeek(out var frame) && frame.EndOffset <= ack.Length)
            {
                frames.Add(_sent.Dequeue());
            }

            if (frames.Count != 0)
            {
                Settle(frames, ack);
            }
        }

        Interlocked.Exchange(ref _lastUsed, _time.GetTimestamp());
        foreach (var frame in frames)
        {
            if (frame.Packed)
            {
                _packedSlots.Release();
            }

            foreach (var request in frame.Requests)
            {
                request.Acknowledged();
            }
        }
    }

    // Called with the gate held.
    private void Settle(List<SentFrame> frames, AppendAck ack)
    {
        var last = frames[^1];
        if (last.EndOffset != ack.Length || last.Digest != ack.Digest)
        {
            // What is not settled must be handed back: the frames return to the front of the queue, and the chain ends.
            var rest = _sent.ToArray();
            _sent.Clear();
            frames.ForEach(_sent.Enqueue);
            Array.ForEach(rest, _sent.Enqueue);
            frames.Clear();
            throw new DfsException(
                ErrorCode.ChainFailed, "append", $"the chain acknowledged length {ack.Length} with a digest that is not ours")
            {
                Side = FailedSide.Data,
            };
        }

        Chunk.Acknowledge(last.EndOffset, last.Digest);
        _outstanding -= frames.SelectMany(frame => frame.Requests).Sum(request => request.Extent.Length);
        _silence.Change(_outstanding == 0 ? Timeout.InfiniteTimeSpan : _silenceMax, Timeout.InfiniteTimeSpan);
        if (_retired && _outstanding == 0)
        {
            CloseInGoodOrder();
        }
    }

    // Called with the gate held. The servers end the stream when they saw its end; a silent one is not waited for.
    private void CloseInGoodOrder()
    {
        Chunk.Close();
        _silence.Change(_silenceMax, Timeout.InfiniteTimeSpan);
    }

    private void Silent()
    {
        if (Chunk.IsClosed)
        {
            _stop.Cancel();
            return;
        }

        Fail(new DfsException(
            ErrorCode.TimedOut, "append", $"the chain of chunk {Chunk.Id} acknowledged nothing for {_silenceMax.TotalSeconds:0.###} s"));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Chain of chunk {Chunk} ended with {Unacknowledged} appends to send again: "
        + "{Reason}")]
    private partial void ChainEnded(ChunkId chunk, string reason, int unacknowledged);
}

/// <summary>Why a chunk writer did not take bytes.</summary>
internal enum AppendRefusal
{
    /// <summary>It took them.</summary>
    None,

    /// <summary>A whole window is unacknowledged: wait for one of the appends.</summary>
    WindowFull,

    /// <summary>They do not fit any more, or the chain is over: take another chunk.</summary>
    Over,
}

/// <summary>Where a chunk was placed: the opening of its append stream.</summary>
internal sealed record ChunkPlace(AppendOpen Open)
{
    public IReadOnlyList<ChainMember> Chain => Open.Chain;

    public static ChunkPlace From(AllocateChunkReply reply, Session session, BackupMark mark)
    {
        var addresses = reply.Servers.ToDictionary(server => server.ServerId, server => server.Address);
        var open = new AppendOpen
        {
            ChunkId = reply.ChunkId,
            Generation = reply.Generation,
            SessionId = session.Id.Value,
            ClusterId = session.ClusterId.Value,
            Capacity = (uint)session.ChunkSize,
            BackupIncarnation = mark.Incarnation,
            BackupIndex = mark.Index,
        };
        foreach (var member in reply.Chain)
        {
            if (!addresses.TryGetValue(member.ServerId, out string? address))
            {
                throw new DfsException(
                    ErrorCode.Internal, "allocate chunk", $"the metadata server named server {member.ServerId} without an address");
            }

            open.Chain.Add(new ChainMember { ServerId = member.ServerId, Address = address, VolumeId = member.VolumeId });
        }

        return open.Chain.Count != 0
            ? new ChunkPlace(open)
            : throw new DfsException(ErrorCode.Internal, "allocate chunk", "the metadata server named no chunk server");
    }
}
