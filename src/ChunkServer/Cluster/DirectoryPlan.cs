using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// What the identities of all given directories mean together: who we are, which records they shall have, which volumes are missing.
/// </summary>
internal sealed record DirectoryPlan(
    NodeIdentity Identity, ulong Nonce, IReadOnlyList<DirectoryRecord> Records, IReadOnlyList<VolumeId> Missing)
{
    private const string Step = "open data directory";

    /// <param name="locations">Where the directories are, for people.</param>
    /// <param name="found">Their records; null for an empty directory.</param>
    /// <param name="newVolume">The operator said that an empty directory beside known ones is meant.</param>
    public static DirectoryPlan Of(
        IReadOnlyList<string> locations, IReadOnlyList<DirectoryRecord?> found, bool newVolume, Random random)
    {
        if (locations.Count == 0)
        {
            throw new DfsException(ErrorCode.InvalidArgument, Step, "no data directory was given");
        }

        var known = found.OfType<DirectoryRecord>().ToList();
        CheckSameServer(locations, found);

        // A server that never registered holds no chunk: an interrupted set-up is simply continued.
        var identity = known.Select(record => record.Identity).FirstOrDefault(one => one != NodeIdentity.Unknown) ?? NodeIdentity.Unknown;
        var missing = identity == NodeIdentity.Unknown
            ? []
            : MissingOf(known);
        int fresh = found.ToList().IndexOf(null);
        if (fresh >= 0 && identity != NodeIdentity.Unknown && !newVolume)
        {
            string lost = missing.Count == 0 ? "" : $", while volume {missing[0]} is missing (is it not mounted?)";
            throw new DfsException(
                ErrorCode.Refused, Step, $"{locations[fresh]} is empty beside known volumes of server {identity.Server}{lost}. "
                + "If a new, empty volume is meant, start with --new-volume");
        }

        ulong nonce = known.Count == 0 ? Draw(random) : known[0].Nonce;
        var volumes = found.Select(record => record?.Volume ?? new VolumeId(Draw(random))).ToList();
        var siblings = volumes.Concat(missing).Order().ToList();
        var records = found.Select(
            (record, i) => new DirectoryRecord(identity, nonce, volumes[i], record?.Formatted ?? false, siblings)).ToList();
        return new DirectoryPlan(identity, nonce, records, missing);
    }

    /// <summary>
    /// Empty directories beside known ones that say that as many volumes are missing: most likely these are their places, and not mounted.
    /// The last come first, so that they can be taken out one by one.
    /// </summary>
    public static IReadOnlyList<int> NotMounted(IReadOnlyList<DirectoryRecord?> found)
    {
        var known = found.OfType<DirectoryRecord>().Where(record => record.Identity != NodeIdentity.Unknown).ToList();
        var empty = Enumerable.Range(0, found.Count).Where(at => found[at] is null).Reverse().ToList();
        return empty.Count <= MissingOf(known).Count ? empty : [];
    }

    private static IReadOnlyList<VolumeId> MissingOf(IReadOnlyList<DirectoryRecord> known) =>
        [.. known.SelectMany(record => record.Siblings).Distinct().Except(known.Select(record => record.Volume)).Order()];

    private static void CheckSameServer(IReadOnlyList<string> locations, IReadOnlyList<DirectoryRecord?> found)
    {
        int first = -1;
        for (int i = 0; i < found.Count; i++)
        {
            if (found[i] is not { } record)
            {
                continue;
            }

            first = first < 0 ? i : first;
            var other = found[first]!;
            bool bothKnown = record.Identity != NodeIdentity.Unknown && other.Identity != NodeIdentity.Unknown;
            if (bothKnown && record.Identity.Cluster != other.Identity.Cluster)
            {
                throw new DfsException(
                    ErrorCode.WrongCluster,
                    Step,
                    $"{locations[i]} belongs to cluster {record.Identity.Cluster}, {locations[first]} to {other.Identity.Cluster}");
            }

            if (record.Nonce != other.Nonce || (bothKnown && record.Identity.Server != other.Identity.Server))
            {
                throw new DfsException(
                    ErrorCode.Refused,
                    Step,
                    $"{locations[i]} belongs to server {record.Identity.Server}, {locations[first]} to server {other.Identity.Server}");
            }

            if (found.Take(i).Any(earlier => earlier?.Volume == record.Volume))
            {
                throw new DfsException(
                    ErrorCode.Refused, Step, $"{locations[i]} is a copy of volume {record.Volume}, which was given already");
            }
        }
    }

    private static ulong Draw(Random random) => (ulong)random.NextInt64(1, long.MaxValue);
}
