using DfsNet.MetaServer.Cluster;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Repair;

/// <summary>What one row of the record is worth.</summary>
internal enum ReplicaWorth
{
    /// <summary>Its removal is committed.</summary>
    Leaving,

    /// <summary>Damaged, missing, or other bytes than the record says.</summary>
    Bad,

    /// <summary>
    /// Out of reach for longer than the grace, with its server, or with a volume that was not opened: it may come back, one day.
    /// </summary>
    Gone,

    /// <summary>Its server is dead, but may be back before it is worth copying.</summary>
    Awaited,

    /// <summary>On a failed volume: read and copied when nothing better is left.</summary>
    Failing,

    /// <summary>On a server that is being emptied: as good as any, but it will not stay.</summary>
    Departing,

    /// <summary>Its server lives, and has not reported all it has yet.</summary>
    Good,

    /// <summary>Good, and its server has said so since it started.</summary>
    Proven,
}

/// <summary>One row of the record, and what it is worth.</summary>
internal readonly record struct ReplicaStanding(ServerId Server, ReplicaRecord Record, ReplicaWorth Worth);

/// <summary>How a chunk's replicas are at one moment. Pure.</summary>
internal sealed class ChunkStanding
{
    private readonly int[] _counts = new int[Enum.GetValues<ReplicaWorth>().Length];

    private ChunkStanding(ChunkRecord record, IReadOnlyList<ReplicaStanding> rows)
    {
        Record = record;
        Rows = rows;
        foreach (var row in rows)
        {
            _counts[(int)row.Worth]++;
        }
    }

    public ChunkRecord Record { get; }

    /// <summary>In order of server.</summary>
    public IReadOnlyList<ReplicaStanding> Rows { get; }

    /// <summary>Replicas that count.</summary>
    public int Good => Count(ReplicaWorth.Good) + Proven;

    public int Proven => Count(ReplicaWorth.Proven);

    /// <summary>Replicas that can be read and are not about to fail: with one of them left, one more failure loses bytes.</summary>
    public int Safe => Good + Count(ReplicaWorth.Departing);

    /// <summary>Replicas that can be read at all.</summary>
    public int Readable => Safe + Count(ReplicaWorth.Failing);

    /// <summary>Replicas that have to be made, now that nobody is awaited any more.</summary>
    public int ToMake => Math.Max(0, (int)Record.Replication - Good - Count(ReplicaWorth.Awaited));

    /// <summary>Replicas that the chunk lacks at this moment.</summary>
    public int Lacks => Math.Max(0, (int)Record.Replication - Good);

    /// <summary>A replica is no use any more, or there are more than wanted.</summary>
    public bool NeedsTrimming =>
        Count(ReplicaWorth.Bad) > 0 || Count(ReplicaWorth.Departing) > 0 || Proven > Record.Replication;

    /// <summary>Its replicas stand in fewer fault domains than they could: then one failure takes more of them than it has to.</summary>
    public bool IsCrowded(ServerHealth health)
    {
        int wanted = Math.Min((int)Record.Replication, health.Domains);
        int domains = 0;
        for (int i = 0; i < Rows.Count && domains < wanted; i++)
        {
            domains += Rows[i].Worth >= ReplicaWorth.Good && IsFirstOfItsDomain(i, health) ? 1 : 0;
        }

        return domains < wanted;
    }

    private bool IsFirstOfItsDomain(int position, ServerHealth health)
    {
        string domain = health.ConditionOf(Rows[position].Server).Domain;
        for (int i = 0; i < position; i++)
        {
            if (Rows[i].Worth >= ReplicaWorth.Good && health.ConditionOf(Rows[i].Server).Domain == domain)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Bytes that somebody committed and may still read: what else has nothing to lose.</summary>
    public bool Matters => Holds(Record);

    public static bool Holds(ChunkRecord record) =>
        record.State != ChunkState.Removed && record.CommittedLength > 0 && (record.References > 0 || record.Owner != 0);

    public static ChunkStanding Of(
        ChunkId chunk,
        ChunkRecord record,
        IReadOnlyList<(ServerId Server, ReplicaRecord Record)> rows,
        ServerHealth health,
        BadReplicas bad)
    {
        var standing = new ReplicaStanding[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            var (server, row) = rows[i];
            standing[i] = new ReplicaStanding(server, row, WorthOf(chunk, server, row, health, bad));
        }

        return new ChunkStanding(record, standing);
    }

    public int Count(ReplicaWorth worth) => _counts[(int)worth];

    private static ReplicaWorth WorthOf(ChunkId chunk, ServerId server, ReplicaRecord row, ServerHealth health, BadReplicas bad)
    {
        var condition = health.ConditionOf(server);
        var place = new ReplicaPlace(server, new VolumeId(row.VolumeId));
        return row.Leaving ? ReplicaWorth.Leaving
            : bad.Contains(chunk, server)
                ? health.IsVolumeWell(place) ? ReplicaWorth.Bad : ReplicaWorth.Gone
            : condition.IsGone ? ReplicaWorth.Gone
            : condition.State == ServerState.Dead ? condition.IsDraining ? ReplicaWorth.Gone : ReplicaWorth.Awaited
            : !health.IsVolumeWell(place) ? ReplicaWorth.Failing
            : condition.IsDraining ? ReplicaWorth.Departing
            : condition.IsReported ? ReplicaWorth.Proven
            : ReplicaWorth.Good;
    }
}
