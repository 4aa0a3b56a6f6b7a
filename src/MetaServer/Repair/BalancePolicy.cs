using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Placement;
using DfsNet.Protocol;

namespace DfsNet.MetaServer.Repair;

/// <summary>How full one server is, with what is on its way there counted already.</summary>
/// <param name="SpaceBytes">What chunks take or could take: files of others on the same disk count on neither side.</param>
internal readonly record struct ServerFill(ServerId Server, double StoredBytes, double SpaceBytes)
{
    public double Fill => SpaceBytes <= 0 ? 1 : StoredBytes / SpaceBytes;

    public double FillWith(double bytes) => SpaceBytes <= 0 ? 1 : (StoredBytes + bytes) / SpaceBytes;
}

/// <summary>How full the servers are against each other.</summary>
/// <param name="Mean">Of all together.</param>
/// <param name="BytesLeft">To be moved until every server is near the mean; 0: balanced.</param>
internal readonly record struct BalanceView(double Mean, double Least, double Most, ulong BytesLeft);

/// <summary>
/// The policy of rebalancing: sealed chunks go from the fullest servers to the emptiest, once a server's fill is further from the mean than
/// a threshold, and until all are near it. A move never makes the source emptier than its target. Pure.
/// </summary>
internal sealed class BalancePolicy(int chunkSize)
{
    // Shares of a server. Moving has a price; new chunks go to emptier servers by themselves.
    private const double BeginsAt = 0.10;
    private const double EndsAt = 0.05;

    // An operator who asks wants it even, also while everything is nearly empty: a twentieth of the mean.
    private const double EvenShare = 0.05;

    /// <summary>
    /// A sealed chunk may go where it has no replica: it has as many proven ones as it wants, and its domains stay as many as they are.
    /// What servers have that are gone for good, or for long, is no obstacle: it is trimmed if they come back.
    /// </summary>
    public static bool MayMove(ChunkStanding standing, ServerId from, Candidate target, ServerHealth health) =>
        standing.Matters
        && standing.Proven == standing.Record.Replication
        && target.CanTake((int)standing.Record.CommittedLength)
        && standing.Rows.All(row => row.Server != target.Server && row.Worth switch
        {
            ReplicaWorth.Gone => true,
            ReplicaWorth.Proven => row.Server == from || health.ConditionOf(row.Server).Domain != target.DomainOrHost,
            _ => false,
        });

    public BalanceView View(IReadOnlyList<ServerFill> servers, bool isUnderWay, bool isAsked)
    {
        double space = servers.Sum(server => server.SpaceBytes);
        if (space <= 0)
        {
            return default;
        }

        double mean = servers.Sum(server => server.StoredBytes) / space;
        double most = servers.Max(server => server.Fill);
        double least = servers.Min(server => server.Fill);
        bool isWanted = isUnderWay || isAsked || most > mean + BeginsAt || least < mean - BeginsAt;
        double over = servers.Sum(server => Math.Max(0, server.Fill - mean - Tolerance(server, mean, isAsked)) * server.SpaceBytes);
        double under = servers.Sum(server => Math.Max(0, mean - Tolerance(server, mean, isAsked) - server.Fill) * server.SpaceBytes);
        return new BalanceView(mean, least, most, isWanted ? (ulong)Math.Max(over, under) : 0);
    }

    /// <summary>From whom to whom the next chunk goes; null when everything is near the mean, or nobody is free.</summary>
    public (ServerId From, ServerId To)? Choose(
        IReadOnlyList<ServerFill> servers, bool isUnderWay, bool isAsked, Func<ServerId, bool> isFree)
    {
        var view = View(servers, isUnderWay, isAsked);
        var free = servers.Where(server => isFree(server.Server)).ToList();
        if (view.BytesLeft == 0 || free.Count < 2)
        {
            return null;
        }

        var from = free.MaxBy(server => server.Fill);
        var to = free.MinBy(server => server.Fill);
        bool helps = from.Fill > view.Mean + Tolerance(from, view.Mean, isAsked)
            || to.Fill < view.Mean - Tolerance(to, view.Mean, isAsked);
        return helps && from.FillWith(-chunkSize) >= to.FillWith(chunkSize) ? (from.Server, to.Server) : null;
    }

    /// <summary>A chunk is the least that can be moved.</summary>
    private double Tolerance(ServerFill server, double mean, bool isAsked)
    {
        double wanted = isAsked ? Math.Min(EndsAt, mean * EvenShare) : EndsAt;
        return Math.Max(wanted, server.SpaceBytes <= 0 ? 0 : chunkSize / server.SpaceBytes);
    }
}
