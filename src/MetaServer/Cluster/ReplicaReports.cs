using System.Collections.Immutable;
using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Repair;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Cluster;

/// <summary>
/// Draws the consequences of what chunk servers say about their replicas: page by page against the (server, chunk) index for full reports,
/// one by one for changes in heartbeats.
/// </summary>
internal sealed class ReplicaReports(
    ServerTable servers,
    OpenChunks open,
    OrderBook orders,
    BadReplicas bad,
    ReplicaChanges changes,
    Alarms alarms,
    AppliedHistory history,
    BackupHorizon horizon,
    RepairDesk repair,
    bool isProtected)
{
    // A report may be wrong (a stale disk, a defect): one alone, with the changes that follow it, removes at most this many, or this share
    // of the server's rows.
    private const int RemovalsMin = 100;
    private const int RemovalsShare = 100;

    // What the brake remembers for the next report to agree with; more waits for the one after.
    private const int HeldBackMax = 10_000;

    /// <summary>Changes since the server's last heartbeat that was answered.</summary>
    public void Changed(IStateReads reads, ServerId server, ulong bootId, IReadOnlyList<ReplicaReport> changed)
    {
        if (changed.Count == 0 || servers.ReportLockOf(server, bootId) is not { } held)
        {
            return;
        }

        // Guards the server's progress: what heartbeats remove counts against the brake of the last full report.
        lock (held)
        {
            if (servers.ReportOf(server, bootId) is { } progress)
            {
                ulong next = StateReader.Counters(reads).NextChunk;
                var removals = BrakeOf(reads, server, progress);
                foreach (var report in changed)
                {
                    var row = RowOf(reads, server, new ChunkId(report.ChunkId));
                    Conclude(reads, server, report, row, next, removals, isPage: false);
                }

                servers.SetReport(server, bootId, progress with { Removed = removals.Done, HeldBack = removals.HeldBack });
                RaiseBrake(server, removals);
            }
        }
    }

    /// <summary>One page of a full report.</summary>
    public ReportChunksReply Page(IStateReads reads, ReportChunksRequest page)
    {
        RequireOrder(page);
        var server = new ServerId(page.ServerId);
        if (servers.ReportLockOf(server, page.BootId) is not { } held)
        {
            return new ReportChunksReply { Restart = true };
        }

        // Guards the server's progress: a page may come twice, and at once.
        lock (held)
        {
            return Take(reads, server, page);
        }
    }

    private ReportChunksReply Take(IStateReads reads, ServerId server, ReportChunksRequest page)
    {
        var progress = servers.ReportOf(server, page.BootId);
        if (progress is null || page.Sequence < progress.Sequence)
        {
            // Another process speaks for the server, or a newer report is under way: this one is stale.
            return new ReportChunksReply { Restart = progress is null };
        }

        if (page.Sequence > progress.Sequence)
        {
            progress = progress.Begin(page.Sequence);
        }

        if (page.After > progress.Covered)
        {
            return new ReportChunksReply { Restart = true };
        }

        ulong end = EndOf(page);
        if (progress.IsComplete || end <= progress.Covered)
        {
            // Heard already, and what it says may be old by now.
            return new ReportChunksReply();
        }

        var removals = BrakeOf(reads, server, progress);
        int young = Compare(reads, server, page, removals);
        servers.SetReport(server, page.BootId, progress with
        {
            Covered = Math.Max(progress.Covered, end),
            IsComplete = progress.IsComplete || page.Last,
            Removed = removals.Done,
            HeldBack = removals.HeldBack,
            JudgedYoung = progress.JudgedYoung + young,
        });
        RaiseBrake(server, removals);
        if (page.Last)
        {
            // What it has counts from now on, and what it lacks does not.
            repair.Sweeps.Want(server);
            if (removals.HeldBack.Count == 0)
            {
                alarms.Clear($"brake-{server}");
            }
        }

        return new ReportChunksReply();
    }

    private static ulong EndOf(ReportChunksRequest page) =>
        page.Last ? ulong.MaxValue : page.Replicas.Count > 0 ? page.Replicas[^1].ChunkId : page.After;

    private static Removals BrakeOf(IStateReads reads, ServerId server, ReportProgress progress)
    {
        ulong rows = StateReader.Server(reads, server)?.Replicas ?? 0;
        return new Removals(progress, (int)Math.Max(RemovalsMin, rows / RemovalsShare));
    }

    private void RaiseBrake(ServerId server, Removals removals)
    {
        if (removals.HeldBack.Count > 0)
        {
            alarms.Raise(
                $"brake-{server}",
                $"server {server} reports {removals.HeldBack.Count} or more replicas of removed chunks beyond what one report may remove; "
                + "they go when its next report agrees");
        }
    }

    private static void RequireOrder(ReportChunksRequest page)
    {
        ulong last = page.After;
        foreach (var report in page.Replicas)
        {
            if (report.ChunkId <= last)
            {
                throw new DfsException(
                    ErrorCode.InvalidArgument, "report chunks", "a page must be in order of chunk id and begin after its start");
            }

            last = report.ChunkId;
        }

        if (page.Replicas.Count > Limits.ReportPageMax)
        {
            throw new DfsException(ErrorCode.LimitExceeded, "report chunks", $"a page has at most {Limits.ReportPageMax} replicas");
        }
    }

    /// <summary>
    /// Walks the page and the server's rows in the page's range side by side; returns the absent rows that cannot be judged yet.
    /// </summary>
    private int Compare(IStateReads reads, ServerId server, ReportChunksRequest page, Removals removals)
    {
        ulong next = StateReader.Counters(reads).NextChunk;
        ulong end = EndOf(page);
        ulong old = history.OldIndex;
        int young = 0;
        int at = 0;
        foreach (var (chunk, row) in StateReader.ReplicasOf(reads, server, new ChunkId(page.After)))
        {
            if (chunk.Value > end)
            {
                break;
            }

            for (; at < page.Replicas.Count && page.Replicas[at].ChunkId < chunk.Value; at++)
            {
                Conclude(reads, server, page.Replicas[at], null, next, removals, isPage: true);
            }

            if (at < page.Replicas.Count && page.Replicas[at].ChunkId == chunk.Value)
            {
                Conclude(reads, server, page.Replicas[at], row, next, removals, isPage: true);
                at++;
            }
            else if (row.Generation > old || IsUnbegun(reads, chunk, row))
            {
                young++;
            }
            else
            {
                Absent(server, chunk, row);
            }
        }

        for (; at < page.Replicas.Count; at++)
        {
            Conclude(reads, server, page.Replicas[at], null, next, removals, isPage: true);
        }

        return young;
    }

    /// <summary>
    /// A replica comes into being with the first append, and until the seal nobody knows whether that is to come: a client may have waited
    /// for its chunk until now, as long as the metadata server was away. An open chunk's absent replica may therefore not be taken for
    /// lost, or bytes that were just written seem lost. Its seal is asked for; behind that it is judged.
    /// </summary>
    private bool IsUnbegun(IStateReads reads, ChunkId chunk, ReplicaRecord row)
    {
        if (row.Leaving || StateReader.Chunk(reads, chunk)?.State != ChunkState.Open)
        {
            return false;
        }

        open.RequestSeal(chunk);
        return true;
    }

    private void Absent(ServerId server, ChunkId chunk, ReplicaRecord row)
    {
        if (row.Leaving)
        {
            changes.Gone(server, chunk, new Generation(row.Generation));
            return;
        }

        orders.ConfirmState(server, chunk);
        if (bad.Mark(chunk, server, ReplicaFault.Missing))
        {
            repair.Queue.Suspect(chunk);
            alarms.Raise(
                $"missing-{server}", $"server {server} lacks replicas that the record has there, the newest seen is chunk {chunk}");
        }
    }

    private void Conclude(
        IStateReads reads, ServerId server, ReplicaReport report, ReplicaRecord? row, ulong next, Removals removals, bool isPage)
    {
        var chunk = new ChunkId(report.ChunkId);
        var generation = new Generation(report.Generation);
        switch (ReplicaJudge.Judge(reads, report, row, next, out var record))
        {
            case Verdict.Good:
                orders.ConfirmState(server, chunk);
                Trust(server, chunk, isPage);
                break;
            case Verdict.Growing:
                break;
            case Verdict.Stopped:
                open.RequestSeal(chunk);
                break;
            case Verdict.SealUnheard:
                orders.AddSeal(server, chunk, generation, (int)record!.CommittedLength, record.CommittedDigest);
                break;
            case Verdict.Damaged:
                Distrust(reads, server, chunk, ReplicaFault.Damaged);
                break;
            case Verdict.Differs:
                Distrust(reads, server, chunk, ReplicaFault.Differs);
                break;
            case Verdict.RemovalUnheard:
                // It may have come into being behind the removal that was confirmed: that one is void.
                changes.NotGone(server, chunk, new Generation(row!.Generation));
                orders.AddRemoval(server, chunk, new Generation(row.Generation));
                break;
            case Verdict.Replaced:
                // When the older one is confirmed to be gone, this one is judged again.
                orders.AddRemoval(server, chunk, new Generation(row!.Generation));
                servers.WantReport(server);
                break;
            case Verdict.Surplus or Verdict.Unknown:
                ConcludeUnplaced(reads, server, report, row, record, removals);
                break;
            case Verdict.FromTheFuture:
                alarms.Raise(
                    $"future-{server}",
                    $"server {server} has chunk {chunk}, which this metadata has never given out: the metadata is older than the data; "
                        + $"nothing is deleted");
                break;
        }
    }

    /// <summary>A replica that the record does not have there: kept, adopted, told its seal, or let go.</summary>
    private void ConcludeUnplaced(
        IStateReads reads, ServerId server, ReplicaReport report, ReplicaRecord? row, ChunkRecord? record, Removals removals)
    {
        var chunk = new ChunkId(report.ChunkId);
        var generation = new Generation(report.Generation);
        if (isProtected)
        {
            alarms.Raise(
                $"unknown-{server}",
                $"server {server} has chunks that this metadata does not know, the newest seen is chunk {chunk}: they are kept as long "
                    + "as the cluster is protected");
        }
        else if (record is null or { State: ChunkState.Removed })
        {
            // One of a backup is perhaps all that is left of a history that was lost; it goes when as many newer backups are here as are
            // to be kept.
            LetGo(server, chunk, generation, removals, isAllowed: !IsOfBackup(report));
        }
        else if (report.Condition == ReplicaCondition.Open && record.State == ChunkState.Sealed)
        {
            orders.AddSeal(server, chunk, generation, (int)record.CommittedLength, record.CommittedDigest);
        }
        else if (row is null && repair.Moves.Of(chunk)?.To != server && (IsWorthless(report, record) || HasEnough(reads, chunk, record)))
        {
            LetGo(server, chunk, generation, removals, isAllowed: true);
        }
        else if (ReplicaJudge.IsAsSealed(report, record))
        {
            // A copy whose maker did not live to say so, or one that an older record knew: the chunk lacks it.
            changes.Arrive(new AddedReplica
            {
                ChunkId = report.ChunkId,
                ServerId = server.Value,
                VolumeId = report.VolumeId,
                Generation = report.Generation,
            });
        }
        else
        {
            alarms.Raise(
                $"surplus-{server}", $"server {server} has replicas the record does not know, kept while their chunks lack copies");
        }
    }

    private void LetGo(ServerId server, ChunkId chunk, Generation generation, Removals removals, bool isAllowed)
    {
        if (isAllowed && removals.Allow(chunk))
        {
            changes.Leave(server, chunk, generation);
        }
    }

    private bool IsOfBackup(ReplicaReport report)
    {
        var mark = new BackupMark(report.BackupIncarnation, report.BackupIndex);
        return !mark.IsNone && !horizon.IsBehind(mark);
    }

    private void Trust(ServerId server, ChunkId chunk, bool isPage)
    {
        if (isPage)
        {
            bad.ClearOld(chunk, server);
        }
        else
        {
            bad.Clear(chunk, server);
        }
    }

    private void Distrust(IStateReads reads, ServerId server, ChunkId chunk, ReplicaFault fault)
    {
        orders.ConfirmState(server, chunk);
        open.RequestSeal(chunk);
        if (!bad.Mark(chunk, server, fault))
        {
            return;
        }

        repair.Queue.Suspect(chunk);

        alarms.Raise($"bad-{server}", $"server {server} has bad replicas, the newest seen is chunk {chunk} ({fault})");
        var rows = StateReader.Replicas(reads, chunk);
        if (rows.Where(row => !row.Record.Leaving).All(row => bad.Contains(chunk, row.Server)))
        {
            alarms.Raise($"lost-{chunk}", $"chunk {chunk} has no good replica: no server has the bytes that were committed");
        }
    }

    /// <summary>It is damaged, or sealed otherwise than the record says.</summary>
    private static bool IsWorthless(ReplicaReport report, ChunkRecord record) =>
        record.State == ChunkState.Sealed && report.Condition != ReplicaCondition.Open && !ReplicaJudge.IsAsSealed(report, record);

    private bool HasEnough(IStateReads reads, ChunkId chunk, ChunkRecord record)
    {
        var standing = ChunkStanding.Of(chunk, record, StateReader.Replicas(reads, chunk), servers.Health(), bad);
        return record.State == ChunkState.Sealed && standing.Proven >= record.Replication;
    }

    private static ReplicaRecord? RowOf(IStateReads reads, ServerId server, ChunkId chunk)
    {
        foreach (var (found, row) in StateReader.ReplicasOf(reads, server, new ChunkId(chunk.Value - 1)))
        {
            return found == chunk ? row : null;
        }

        return null;
    }

    /// <summary>The brake on removals of one report and the changes behind it.</summary>
    private sealed class Removals(ReportProgress progress, int limit)
    {
        public int Done { get; private set; } = progress.Removed;

        public ImmutableHashSet<ChunkId> HeldBack { get; private set; } = progress.HeldBack;

        public bool Allow(ChunkId chunk)
        {
            if (progress.Agreed.Contains(chunk))
            {
                return true;
            }

            if (Done < limit)
            {
                Done++;
                return true;
            }

            if (HeldBack.Count < HeldBackMax)
            {
                HeldBack = HeldBack.Add(chunk);
            }

            return false;
        }
    }
}
