using DfsNet.Client.Metadata;
using DfsNet.Integrity;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// The reading side of one file: bytes at a position, read ahead while the positions follow each other. What fails is read again with the
/// newest layout; only bytes that no replica has are an error. Not for concurrent use.
/// </summary>
internal sealed class FileReader(
    FileLayoutView layout, ChunkReader chunks, MetadataConnection connection, DfsClientOptions options) : IDisposable
{
    // The first read-ahead; it doubles with every read that follows the one before.
    private const int FirstWindow = 256 * 1024;

    // Enough to hide a round trip per small slice. After a failure one, doubled with every piece that came: a server that refuses for
    // overload would else refuse the first job because of the ones behind it, again and again.
    private const int JobsMax = 8;

    // Patience with a silent replica grows by this factor when all were silent; beyond the bound it would outlast most deadlines.
    private const int PatienceGrowth = 4;
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(8);

    // A reader goes on with the layout it has when the metadata server does not answer within this.
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromSeconds(1);

    private readonly Queue<ReadJob> _jobs = new();
    private ReadPiece? _piece;
    private int _consumed;
    private long _position;
    private long _ahead;
    private int _window;
    private int _jobsAtOnce = JobsMax;
    private ulong _jobsVersion;
    private (ulong Version, ulong Chunk) _lossSeen;

    /// <summary>Length of the file in the newest layout this handle has seen.</summary>
    public long Length => layout.Newest.Length;

    public Attributes Attributes => layout.Newest.Attributes;

    /// <summary>The version of the map whose bytes the last peek gave.</summary>
    public ulong Version => _jobsVersion;

    /// <summary>The whole file will be read: the read-ahead need not feel its way.</summary>
    public void ExpectSequential() => _window = options.ReadAheadBytes;

    /// <summary>For a call that begins now.</summary>
    public CallDeadline NewDeadline() => connection.NewDeadline();

    /// <summary>Fetches the newest layout. What was read ahead is dropped when the file has changed.</summary>
    public Task RefreshAsync(CancellationToken cancellation) =>
        layout.RefreshAsync(_position, NewDeadline(), cancellation);

    /// <summary>
    /// Some of the bytes at <paramref name="position"/>, verified, valid until the next call; none at the end of the file.
    /// </summary>
    /// <param name="position">Offset in the file.</param>
    /// <param name="wanted">How many the caller could use.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <param name="deadline">Of the call that reads, which may peek several times; null: each peek has one of its own.</param>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(
        long position, int wanted, CancellationToken cancellation, CallDeadline? deadline = null)
    {
        if (position != _position)
        {
            Restart(position);
            _window = 0;
        }

        var effort = new Effort(options.ReadSilence, new Backoff(connection.Jitter));
        while (true)
        {
            if (layout.Newest.Version != _jobsVersion)
            {
                // The file changed: views move forward, so nothing of the older one is delivered any more.
                Restart(_position);
                _jobsVersion = layout.Newest.Version;
            }

            if (_piece is not null)
            {
                return _piece.Bytes(_consumed);
            }

            deadline ??= NewDeadline();
            await FillAsync(wanted, effort.Patience, deadline, cancellation).ConfigureAwait(false);
            if (!_jobs.TryPeek(out var job))
            {
                return ReadOnlyMemory<byte>.Empty;
            }

            try
            {
                // However patient with its replicas, a job is not waited for beyond the deadline.
                var next = job.NextAsync(cancellation);
                _piece = next.IsCompleted
                    ? await next.ConfigureAwait(false)
                    : await deadline.WaitAsync(next.AsTask(), "read", cancellation).ConfigureAwait(false);
                if (_piece is null)
                {
                    _jobs.Dequeue().Dispose();
                }
            }
            catch (DfsException error)
            {
                await RecoverAsync(error, job.Segment, effort, deadline, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The first bytes of the last peek were used.</summary>
    public void Advance(int length)
    {
        Invariant.Require(_piece is not null && _consumed + length <= _piece.Length, "only what was seen is used");
        _consumed += length;
        _position += length;
        if (_consumed == _piece.Length)
        {
            _piece.Dispose();
            _piece = null;
            _consumed = 0;
            _window = Math.Min(Math.Max(_window * 2, FirstWindow), options.ReadAheadBytes);
            _jobsAtOnce = Math.Min(_jobsAtOnce * 2, JobsMax);
        }
    }

    public void Dispose() => Restart(_position);

    private void Restart(long position)
    {
        _piece?.Dispose();
        _piece = null;
        _consumed = 0;
        while (_jobs.TryDequeue(out var job))
        {
            job.Dispose();
        }

        _position = position;
        _ahead = position;
    }

    private async ValueTask FillAsync(int wanted, TimeSpan patience, CallDeadline deadline, CancellationToken cancellation)
    {
        // Two jobs of half the window run side by side; a seek reads what is wanted and no more.
        int window = Math.Max(wanted, _window);
        int jobBytes = Math.Min(window, Math.Max(options.ReadAheadBytes / 2, Limits.ReadFramePayloadMax));
        while (_jobs.Count == 0 || (_jobs.Count < _jobsAtOnce && _ahead - _position < window))
        {
            var page = await layout.PageAsync(_ahead, deadline, cancellation).ConfigureAwait(false);
            if (page.Version != _jobsVersion)
            {
                Restart(_position);
                _jobsVersion = page.Version;
                continue;
            }

            if (_ahead >= page.Length)
            {
                return;
            }

            var segment = Cut(page.At(_ahead), jobBytes);
            _jobs.Enqueue(new ReadJob(segment, chunks, patience));
            _ahead += segment.Length;
        }
    }

    // At most the given length, and to the end of a block, so that no block is read twice.
    private static Segment Cut(Segment segment, int length)
    {
        if (segment.Length <= length)
        {
            return segment;
        }

        if (segment.Slice is not null)
        {
            long end = segment.ChunkOffset + (long)length;
            length += (int)((Limits.BlockSize - (end % Limits.BlockSize)) % Limits.BlockSize);
        }

        return segment with { Length = Math.Min(length, segment.Length) };
    }

    private async Task RecoverAsync(
        DfsException error, Segment segment, Effort effort, CallDeadline deadline, CancellationToken cancellation)
    {
        Restart(_position);
        _jobsAtOnce = 1;
        if (error.Code == ErrorCode.DataLoss)
        {
            var loss = (layout.Newest.Version, segment.Chunk!.ChunkId);
            if (loss == _lossSeen)
            {
                long last = segment.FileOffset + segment.Length - 1;
                throw new DfsException(
                    ErrorCode.DataLoss, "read", $"bytes {_position} to {last} of inode {Attributes.Inode} are lost: {error.Message}",
                    error);
            }

            // Perhaps the chunk was replaced behind the layout: once per version of the map it is fetched again.
            await layout.RefreshAsync(_position, deadline, cancellation).ConfigureAwait(false);
            _lossSeen = loss;
            return;
        }

        if (deadline.IsOver)
        {
            throw deadline.GivenUp("read", error);
        }

        effort.Grow(PatienceGrowth, PatienceMax);
        await deadline.PauseAsync(effort.Pauses.Next(), cancellation).ConfigureAwait(false);
        try
        {
            var patience = deadline.Remaining < RefreshPatience ? deadline.Remaining : RefreshPatience;
            await layout.RefreshAsync(_position, new CallDeadline(connection.Time, patience), cancellation).ConfigureAwait(false);
        }
        catch (DfsException refresh) when (
            refresh.Code is ErrorCode.TimedOut or ErrorCode.Unavailable or ErrorCode.NotLeader or ErrorCode.Overloaded)
        {
            // The layout at hand still names the same immutable bytes: they are tried again.
            effort.RefreshFailures++;
        }
    }

    /// <summary>How hard one call has tried so far.</summary>
    private sealed class Effort(TimeSpan patience, Backoff pauses)
    {
        public TimeSpan Patience { get; private set; } = patience;

        public Backoff Pauses => pauses;

        public int RefreshFailures { get; set; }

        public void Grow(int factor, TimeSpan bound) => Patience = Patience * factor < bound ? Patience * factor : bound;
    }
}
