using DfsNet.Consensus;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Backups;

/// <summary>
/// Makes the data directory of a metadata server, the only one of its cluster, from a backup. What comes after is a new incarnation: chunk
/// servers believe it although its log is behind what they were told, ids continue where nothing can have been given out, and nothing is
/// deleted or cut before an operator says so.
/// </summary>
public sealed class Restoration(IDisk disk, IStateStores stores, TimeProvider time, Random random)
{
    // Nothing gives out so many ids in the life of one incarnation: not a thousand a second for a hundred years.
    private const ulong IdsLeftOut = 1UL << 42;

    // Of two restores from the same backup, each has ids of its own: where they begin grows by so many a second, faster than any are given
    // out, for eight thousand years.
    private const int IdsPerSecondBits = 26;

    private static readonly DateTimeOffset Epoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The directory's identity is its last file: one that was not finished is refused by a server.</summary>
    /// <param name="backup">At its beginning.</param>
    /// <param name="address">host:port at which others will reach the server.</param>
    /// <param name="seen">The newest incarnation that any chunk server knows; 0 where none was asked.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What the backup says of itself, and the incarnation that begins now.</returns>
    /// <exception cref="DfsException">Refused where the directory is not empty; what <see cref="BackupFile.ReadAsync"/> throws.</exception>
    public async Task<(BackupHeader Header, ulong Incarnation)> RunAsync(
        Stream backup, string address, ulong seen, CancellationToken cancellation)
    {
        await disk.CreateDirectoryAsync("").ConfigureAwait(false);
        var taken = await DataDirectory.TakeEmptyAsync(disk).ConfigureAwait(false);
        await using (taken.ConfigureAwait(false))
        {
            var store = await stores.OpenAsync(0).ConfigureAwait(false);
            BackupHeader header;
            MemberId member;
            ulong incarnation;
            await using (store.ConfigureAwait(false))
            {
                header = await BackupFile.ReadAsync(backup, rows => store.Apply(0, [.. rows.Select(RowOf)]), cancellation)
                    .ConfigureAwait(false);
                incarnation = Math.Max(Math.Max(header.Incarnation, seen) + 1, Seconds);
                member = BeginIncarnation(store, RaftWire.FromWire(header.Point), incarnation, address);
                await store.FlushAsync().ConfigureAwait(false);
            }

            await FoundAsync(header, member, cancellation).ConfigureAwait(false);
            return (header, incarnation);
        }
    }

    private ulong Seconds => (ulong)Math.Max(0, (time.GetUtcNow() - Epoch).TotalSeconds);

    private static KeyValuePair<byte[], byte[]?> RowOf(SnapshotRow row) => new(row.Key.ToByteArray(), row.Value.ToByteArray());

    /// <summary>The number of the only member.</summary>
    private MemberId BeginIncarnation(IStateStore store, LogPoint point, ulong incarnation, string address)
    {
        var cluster = StateReader.Cluster(store)
            ?? throw new DfsException(ErrorCode.Corrupt, "restore", "the backup holds no cluster");
        cluster.Incarnation = incarnation;
        cluster.Protected = true;
        var counters = StateReader.Counters(store);
        counters.NextInode = Beyond(counters.NextInode);
        counters.NextMap = Beyond(counters.NextMap);
        counters.NextChunk = Beyond(counters.NextChunk);
        counters.NextSession = Beyond(counters.NextSession);
        counters.NextServer = Beyond(counters.NextServer);

        // Whoever was a member before is none any more, and its number is not used again.
        ulong number = StateReader.Members(store).NextId;
        var members = new Membership([new Member(new MemberId(number), address, IsLearner: false)], number + 1);
        List<KeyValuePair<byte[], byte[]?>> changes =
        [
            new(Keys.Cluster.Bytes, Records.Encode(cluster)),
            new(Keys.Counters.Bytes, Records.Encode(counters)),
            new(Keys.Membership, members.Encode()),
        ];
        uint digest = StateDigest.Next(StateReader.History(store).Digest, point, changes);
        changes.Add(new(Keys.History.Bytes, Records.Encode(new HistoryRecord { Term = point.Term, Digest = digest })));
        store.Apply(point.Index, changes);
        return new MemberId(number);
    }

    private ulong Beyond(ulong next) => Math.Max(next + IdsLeftOut, Seconds << IdsPerSecondBits);

    private async Task FoundAsync(BackupHeader header, MemberId member, CancellationToken cancellation)
    {
        var point = RaftWire.FromWire(header.Point);
        ulong directory = DataDirectory.DrawId(random);
        var identity = new NodeIdentity(directory, member, Founding: directory, header.ClusterId, IsBegun: true);
        var ballots = new BallotFile(disk);
        await ballots.WriteAsync(new Ballot(point.Term, MemberId.None)).ConfigureAwait(false);
        var budget = StorageBudget.For(await disk.GetSpaceAsync().ConfigureAwait(false), long.MaxValue);
        var log = await RaftLog.OpenAsync(
            disk,
            new RaftLogOptions(identity.LogDirectory, directory, MustExist: false, budget.SegmentBytes),
            time,
            point,
            cancellation).ConfigureAwait(false);
        await using (log.ConfigureAwait(false))
        {
            await log.BeginAnewAsync(point).ConfigureAwait(false);
        }

        await AtomicFile.WriteAsync(disk, NodeIdentity.FileName, identity.Encode()).ConfigureAwait(false);
    }
}
