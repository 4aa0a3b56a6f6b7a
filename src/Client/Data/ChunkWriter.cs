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
    private readonly VolumeTimes _times;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly IAppendCall _call;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _packedSlots = new(PackedFramesMax);
    private readonly ChainPatience _patience;
    private readonly TimeSpan _silenceMax;

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
    private long _owedSince;
    private TimeSpan _waited;
    private Task _running = Task.CompletedTask;

    /// <param name="place">Where the chunk was placed.</param>
    /// <param name="capacity">Bytes it may grow to.</param>
    /// <param name="transport">Opens the stream to the head.</param>
    /// <param name="answers">Whether a server answers at all.</param>
    /// <param name="times">Hears how long each volume took.</param>
    /// <param name="options">How long to wait for acknowledgements.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Hears why the chain ended.</param>
    public ChunkWriter(
        ChunkPlace place, int capacity, IBulkTransport transport, Func<ChainMember, CancellationToken, Task<bool>> answers,
        VolumeTimes times, DfsClientOptions options, TimeProvider time, ILogger log)
    {
        _times = times;
        _place = place;
        _capacity = capacity;
        _time = time;
        _log = log;
        Chunk = new OwnedChunk(new ChunkId(place.Open.ChunkId));
        _lastUsed = time.GetTimestamp();
        _call = transport.OpenAppend(place.Chain[0].Address, _stop.Token);
        _silenceMax = options.ChainSilence;
        _patience = new ChainPatience(_silenceMax, stop => answers(place.Chain[0], stop), Silent, time);
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

    /// <summary>How long the chain had acknowledged nothing when it failed.</summary>
    public TimeSpan Waited
    {
        get
        {
            lock (_gate) // guards _waited
            {
                return _waited;
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
                ExpectMore();
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
            _waited = _outstanding == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_owedSince);
            failed.AddRange(_sent.SelectMany(frame => frame.Requests));
            failed.AddRange(_unsent);
            _sent.Clear();
            _unsent.Clear();
            _outstanding = 0;
            Chunk.Close();
            _queue.Writer.TryComplete();
            _patience.Rest();
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
        await _patience.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var receiving = WatchAsync(ReceiveAsync);
        await WatchAsync(() => SendToTheEndAsync(receiving)).ConfigureAwait(false);
        await receiving.ConfigureAwait(false);
        await _call.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// A stream that takes no more has ended for a reason, and the other half hears it from the servers: what the sending sees is only that
    /// it is over. Silence bounds the wait.
    /// </summary>
    private async Task SendToTheEndAsync(Task receiving)
    {
        try
        {
            await SendAsync().ConfigureAwait(false);
        }
        catch (DfsException)
        {
            _patience.Begin();
            await receiving.ConfigureAwait(false);
            throw;
        }
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
        NoteTimes(ack);

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

    /// <summary>How long each server of the chain took; an older one does not say it.</summary>
    private void NoteTimes(AppendAck ack)
    {
        if (ack.HopMicroseconds.Count == _place.Chain.Count)
        {
            for (int i = 0; i < _place.Chain.Count; i++)
            {
                var member = _place.Chain[i];
                var place = new ReplicaPlace(new ServerId(member.ServerId), new VolumeId(member.VolumeId));
                _times.Appended(place, TimeSpan.FromMicroseconds(ack.HopMicroseconds[i]));
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
        if (_outstanding == 0)
        {
            _patience.Rest();
        }
        else
        {
            ExpectMore();
        }

        if (_retired && _outstanding == 0)
        {
            CloseInGoodOrder();
        }
    }

    // Called with the gate held.
    private void ExpectMore()
    {
        _owedSince = _time.GetTimestamp();
        _patience.Begin();
    }

    // Called with the gate held. The servers end the stream when they saw its end; a silent one is not waited for.
    private void CloseInGoodOrder()
    {
        Chunk.Close();
        _patience.BeginLast();
    }

    private void Silent(bool headIsDead)
    {
        if (Chunk.IsClosed)
        {
            _stop.Cancel();
            return;
        }

        var head = Chain[0];
        Fail(headIsDead
            ? new DfsException(ErrorCode.TimedOut, "append", $"chunk server {head.Address} acknowledges nothing, and answers nothing")
            {
                ServerId = head.ServerId,
                Side = FailedSide.Network,
            }
            : new DfsException(
                ErrorCode.TimedOut, "append",
                $"the chain of chunk {Chunk.Id} acknowledged nothing for {_silenceMax.TotalSeconds:0.###} s"));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Chain of chunk {Chunk} ended with {Unacknowledged} appends to send again: "
        + "{Reason}")]
    private partial void ChainEnded(ChunkId chunk, string reason, int unacknowledged);
}
