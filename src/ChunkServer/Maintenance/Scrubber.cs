using DfsNet.ChunkServer.Chunks;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Maintenance;

/// <summary>
/// Reads every sealed replica of one volume within a period, in order of chunk id, and begins again. What does not match its checksums is
/// quarantined; what was read is reported, so that the metadata server compares it with its own digest. An operator may ask for a round at
/// once; then only reads and appends slow it down.
/// </summary>
internal sealed partial class Scrubber(
    Volume volume, IDisk disk, BackgroundPace pace, TimeSpan period, TimeProvider time, ILogger<Scrubber> log)
{
    private const int ReplicasPerPage = 100;

    // What a restart repeats at most.
    private static readonly TimeSpan StoreEvery = TimeSpan.FromMinutes(5);

    // A round over little, with a short period, leaves others their turn.
    private static readonly TimeSpan RestMin = TimeSpan.FromSeconds(1);

    // An empty or failed volume is looked at now and then.
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(30);

    // Guards the fields that the heartbeat reads and an operator's request changes.
    private readonly Lock _lock = new();
    private readonly ScrubStatus _status = new() { VerifiedAgoMs = ulong.MaxValue };
    private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _completedAt;
    private ulong _request;
    private bool _isHasty;
    private ScrubState _state;
    private ulong _left;
    private long _storedAt;

    public ScrubStatus Status
    {
        get
        {
            lock (_lock)
            {
                var status = _status.Clone();
                if (_completedAt is { } at)
                {
                    status.VerifiedAgoMs = (ulong)time.GetElapsedTime(at).TotalMilliseconds;
                }

                return status;
            }
        }
    }

    /// <summary>Begins a round at once; a request that was heard before changes nothing.</summary>
    public void Request(ulong number)
    {
        lock (_lock)
        {
            if (number == 0 || number == _request)
            {
                return;
            }

            _request = number;
            _asked.TrySetResult();
        }
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        _state = await ScrubState.ReadAsync(disk).ConfigureAwait(false);
        _storedAt = time.GetTimestamp();
        BeginRound(_state);
        while (true)
        {
            TakeRequest();
            var page = NextPage();
            if (page.Count == 0)
            {
                await EndRoundAsync(cancellation).ConfigureAwait(false);
                continue;
            }

            // Once a page, not once a replica: chunks come and go meanwhile, but summing up is work in proportion to the volume.
            _left = BytesAfter(_state.Verified);
            foreach (var replica in page)
            {
                if (!await ScrubAsync(replica, cancellation).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
    }

    /// <summary>The next sealed replicas of the round; of a failed volume none: reading it again mends nothing.</summary>
    private List<ReplicaReport> NextPage()
    {
        if (volume.State == VolumeState.Failed)
        {
            return [];
        }

        var after = _state.Verified;
        while (true)
        {
            var page = volume.Report(after, ReplicasPerPage);
            if (page.Count == 0)
            {
                return [];
            }

            List<ReplicaReport> replicas = [.. page.Where(replica => replica.Condition == ReplicaCondition.Sealed)];
            if (replicas.Count > 0)
            {
                return replicas;
            }

            after = new ChunkId(page[^1].ChunkId);
        }
    }

    /// <summary>Reads one replica and rests for its share of the period; false when an operator asked for a new round meanwhile.</summary>
    private async Task<bool> ScrubAsync(ReplicaReport replica, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        var chunk = new ChunkId(replica.ChunkId);
        try
        {
            using var work = pace.Begin();
            bool isGood = await volume.VerifyAsync(chunk, pace.StepBackAsync, cancellation).ConfigureAwait(false);
            Note(replica.Length, isGood);
        }
        catch (DfsException error)
        {
            // Removed meanwhile, or the disk does not answer: the next round reads it if it is still there.
            NotVerified(chunk, volume.Id, error.Message);
        }

        var worked = time.GetElapsedTime(began);
        var rest = IsHasty ? TimeSpan.Zero : RestAfter(replica.Length) - worked;
        bool goesOn = rest <= TimeSpan.Zero || await RestAsync(rest, cancellation).ConfigureAwait(false);
        _state = new ScrubState(chunk, _state.Elapsed + time.GetElapsedTime(began));
        if (time.GetElapsedTime(_storedAt) >= StoreEvery)
        {
            await StoreAsync().ConfigureAwait(false);
        }

        return goesOn && !IsAsked;
    }

    private bool IsHasty
    {
        get
        {
            lock (_lock)
            {
                return _isHasty;
            }
        }
    }

    private bool IsAsked
    {
        get
        {
            lock (_lock)
            {
                return _asked.Task.IsCompleted;
            }
        }
    }

    /// <summary>The replica's part of what is left of the period, so that the round ends with it.</summary>
    private TimeSpan RestAfter(uint length)
    {
        var span = period - _state.Elapsed;
        double share = length / (double)Math.Max(_left, length);
        _left -= Math.Min(_left, length);
        return length == 0 || span <= TimeSpan.Zero ? TimeSpan.Zero : span * share;
    }

    private ulong BytesAfter(ChunkId after)
    {
        ulong bytes = 0;
        while (volume.Report(after, ReplicasPerPage * ReplicasPerPage) is { Count: > 0 } page)
        {
            bytes += (ulong)page.Where(replica => replica.Condition == ReplicaCondition.Sealed).Sum(replica => replica.Length);
            after = new ChunkId(page[^1].ChunkId);
        }

        return bytes;
    }

    /// <summary>An operator's request, if there is one, begins a round before the present one has ended.</summary>
    private void TakeRequest()
    {
        lock (_lock)
        {
            if (!_asked.Task.IsCompleted)
            {
                return;
            }

            _asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _isHasty = true;
            _status.Request = _request;
        }

        BeginRound(default);
    }

    private void BeginRound(ScrubState from)
    {
        _state = from;
        ulong total = BytesAfter(from.Verified);
        lock (_lock)
        {
            (_status.VerifiedBytes, _status.Damaged, _status.TotalBytes) = (0, 0, total);
            _status.IsRunning = total > 0;
        }
    }

    private void Note(uint length, bool isGood)
    {
        lock (_lock)
        {
            _status.VerifiedBytes += length;
            _status.Damaged += isGood ? 0u : 1u;
        }
    }

    /// <summary>Rests until the period is over; a volume where nothing was to be read is looked at again sooner.</summary>
    private async Task EndRoundAsync(CancellationToken cancellation)
    {
        var rest = IdleMax;
        lock (_lock)
        {
            if (_status.VerifiedBytes > 0)
            {
                _completedAt = time.GetTimestamp();
                RoundEnded(volume.Id, _status.VerifiedBytes, _status.Damaged);
                rest = period - _state.Elapsed;
            }

            _isHasty = false;
            _status.IsRunning = false;
        }

        _state = default;
        await StoreAsync().ConfigureAwait(false);
        await RestAsync(rest > RestMin ? rest : RestMin, cancellation).ConfigureAwait(false);
        BeginRound(default);
    }

    /// <summary>False when an operator's request ended the rest.</summary>
    private async Task<bool> RestAsync(TimeSpan rest, CancellationToken cancellation)
    {
        Task asked;
        lock (_lock)
        {
            asked = _asked.Task;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var first = await Task.WhenAny(asked, Task.Delay(rest, time, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return first != asked;
    }

    private async Task StoreAsync()
    {
        _storedAt = time.GetTimestamp();
        if (volume.State == VolumeState.Failed)
        {
            return;
        }

        try
        {
            await _state.WriteAsync(disk).ConfigureAwait(false);
        }
        catch (DiskException error)
        {
            // A restart begins a little earlier.
            NotStored(volume.Id, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Chunk {Chunk} on volume {Volume} could not be verified: {Reason}")]
    private partial void NotVerified(ChunkId chunk, VolumeId volume, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Volume {Volume} was scrubbed: {Bytes} bytes read, {Damaged} replicas damaged")]
    private partial void RoundEnded(VolumeId volume, ulong bytes, uint damaged);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far volume {Volume} is scrubbed could not be stored: {Reason}")]
    private partial void NotStored(VolumeId volume, string reason);
}
