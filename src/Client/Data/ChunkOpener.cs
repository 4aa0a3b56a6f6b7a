using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.Client.Data;

/// <summary>Gets new chunks from the metadata server and opens their chains, away from what failed lately.</summary>
internal sealed class ChunkOpener(
    Session session,
    IBulkTransport transport,
    VolumeTimes times,
    ChainDiagnosis diagnosis,
    FailedPlaces failed,
    DfsClientOptions options,
    TimeProvider time,
    Jitter jitter,
    ILogger log)
{
    // A disk that fails says so at once; one that lets its server wait this long is as slow as can be.
    private static readonly TimeSpan HungMin = TimeSpan.FromSeconds(1);

    // Guards _diagnoses, _backoff and _pause.
    private readonly Lock _gate = new();
    private Task _diagnoses = Task.CompletedTask;

    // Between chunks on a server that failed again: it is asked only when too few are left, and each attempt costs log entries.
    private Backoff _backoff = new(jitter);
    private TimeSpan _pause;
    private volatile DfsException? _refusal;

    /// <summary>Why no chunk could be had at the last attempt; null when the last attempt gave one.</summary>
    public DfsException? Refusal => _refusal;

    /// <summary>A chain failed: chunks opened from now on wait until it is known which server to avoid.</summary>
    public void Blame(ChunkWriter writer)
    {
        if (writer.Failure is { } failure)
        {
            NoteHungDisk(failure, writer);
            var known = failed.Current();
            lock (_gate) // guards _diagnoses, _backoff and _pause
            {
                if (writer.Chain.Any(member => known.Any(place => IsOn(place, member))))
                {
                    _pause = _backoff.Next();
                }
                else
                {
                    _backoff = new Backoff(jitter);
                }

                _diagnoses = Task.WhenAll(_diagnoses, diagnosis.BlameAsync(failure, writer.Chain, CancellationToken.None));
            }
        }
    }

    /// <param name="replication">How many replicas.</param>
    /// <param name="late">Gets a chunk that came when nobody waited for it any more.</param>
    /// <param name="deadline">How long to try.</param>
    /// <param name="cancellation">Ends the trying.</param>
    /// <exception cref="DfsException">TooFewServers, OutOfSpace and the like, after the deadline where waiting may help.</exception>
    public async Task<ChunkWriter> OpenAsync(
        int replication, Action<ChunkId> late, CallDeadline deadline, CancellationToken cancellation)
    {
        var backoff = new Backoff(jitter);
        DfsException? last = null;
        bool avoid = true;
        if (TakePause() is var pause && pause > TimeSpan.Zero)
        {
            await deadline.PauseAsync(pause, cancellation).ConfigureAwait(false);
        }

        while (true)
        {
            await Diagnoses().WaitAsync(cancellation).ConfigureAwait(false);
            var request = new AllocateChunkRequest { Replication = (uint)replication, ClientHost = options.HostName };
            if (avoid)
            {
                var places = failed.Current();
                request.FailedServers.AddRange(places.Select(place => place.Server.Value));
                request.FailedVolumes.AddRange(places.Select(place => place.Volume.Value));
            }

            try
            {
                var reply = await session.AllocateAsync(
                    request, answer => late(new ChunkId(answer.ChunkId)), deadline, cancellation).ConfigureAwait(false);
                var place = ChunkPlace.From(reply, session, options.BackupMark);
                var writer = new ChunkWriter(
                    place, session.ChunkSize, transport, diagnosis.AnswersAsync, times, options, time, log);
                writer.Start();
                _refusal = null;
                return writer;
            }
            catch (DfsException error) when (error.Code is ErrorCode.ChunkSealed && !deadline.IsOver)
            {
                // It was ours, and was taken back while its answer was lost: the next one is another.
                _refusal = last = error;
                await deadline.PauseAsync(backoff.Next(), cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (error.Code is ErrorCode.TooFewServers && !deadline.IsOver)
            {
                // When too few are left without the failed ones, they are tried after all: they may be back.
                _refusal = last = error;
                avoid = !avoid;
                await deadline.PauseAsync(backoff.Next(), cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (error.Code is ErrorCode.TimedOut && last is not null)
            {
                // The time ran out inside the last of many attempts: what the others were told is the reason.
                throw deadline.GivenUp("allocate chunk", last);
            }
        }
    }

    private static bool IsOn(ReplicaPlace failed, ChainMember member) =>
        failed.Server.Value == member.ServerId && (failed.Volume == default || failed.Volume.Value == member.VolumeId);

    private void NoteHungDisk(DfsException failure, ChunkWriter writer)
    {
        var place = ChainDiagnosis.PlaceOf(failure, writer.Chain);
        if (place.Volume != default && writer.Waited >= HungMin)
        {
            times.GaveUp(place, writer.Waited);
        }
    }

    private TimeSpan TakePause()
    {
        lock (_gate) // guards _pause
        {
            var pause = _pause;
            _pause = TimeSpan.Zero;
            return pause;
        }
    }

    private Task Diagnoses()
    {
        lock (_gate) // guards _diagnoses
        {
            return _diagnoses;
        }
    }
}
