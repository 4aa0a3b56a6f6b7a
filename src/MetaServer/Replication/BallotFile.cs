using System.Buffers.Binary;
using DfsNet.Consensus;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// The newest term this node knows and its vote in it, in two files that are written one after the other: while one is damaged the other
/// has everything that anybody was told. Not in the log: the log is cut and may be repaired from peers, a vote can be had from nobody.
/// </summary>
internal sealed class BallotFile(IDisk disk)
{
    public const uint FormatVersion = 1;

    private const int Size = 4 + 8 + 8;

    private static readonly string[] Names = ["ballot.1", "ballot.2"];

    /// <summary>
    /// The ballot of a directory. One that was in use has one: it is written before the first entry of the log, so that a lost ballot is
    /// told from one that was never given.
    /// </summary>
    /// <exception cref="DfsException">Corrupt: what is there cannot be read, and the other file does not stand in for it.</exception>
    public static async Task<Ballot> OpenAsync(IDisk disk, bool mustExist)
    {
        var file = new BallotFile(disk);
        if (await file.ReadAsync(mustExist).ConfigureAwait(false) is { } ballot)
        {
            // Where one of the two was damaged or older, both are well again before the other one may go as well.
            await file.WriteAsync(ballot).ConfigureAwait(false);
            return ballot;
        }

        if (mustExist)
        {
            throw Lost(disk, "there is none");
        }

        await file.WriteAsync(default).ConfigureAwait(false);
        return default;
    }

    /// <summary>Null where none was ever told to anybody.</summary>
    private async Task<Ballot?> ReadAsync(bool mustExist)
    {
        Ballot? newest = null;
        int missing = 0;
        var damage = new List<string>();
        foreach (string name in Names)
        {
            try
            {
                var ballot = await ReadOneAsync(name).ConfigureAwait(false);
                missing += ballot is null ? 1 : 0;
                newest = Newer(newest, ballot);
            }
            catch (AtomicFileCorruptException error)
            {
                damage.Add(error.Message);
            }
        }

        // Both are written before anybody hears of a vote, the first one first: either alone holds all that was told. In a new directory
        // the second one may never have been written: then the first one told nothing to anybody.
        bool isUntold = missing > 0 && !mustExist;
        return newest is not null || damage.Count == 0 || isUntold
            ? newest
            : throw Lost(disk, string.Join("; ", damage));
    }

    private static DfsException Lost(IDisk disk, string damage) => new(
        ErrorCode.Corrupt,
        "meta-server: ballot",
        $"{disk.Location}: this node's vote cannot be read ({damage}): it must not vote again; replace it by a new member with an empty "
            + "directory (dfs admin meta replace)");

    /// <summary>Durable when the task ends.</summary>
    public async Task WriteAsync(Ballot ballot)
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, FormatVersion);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), ballot.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(12), ballot.Vote.Value);
        foreach (string name in Names)
        {
            await AtomicFile.WriteAsync(disk, name, bytes).ConfigureAwait(false);
        }
    }

    private async Task<Ballot?> ReadOneAsync(string name)
    {
        if (await AtomicFile.ReadAsync(disk, name).ConfigureAwait(false) is not { } bytes)
        {
            return null;
        }

        uint version = bytes.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        if (version != FormatVersion || bytes.Length != Size)
        {
            throw new DfsException(
                ErrorCode.Unsupported, "meta-server: ballot",
                $"{disk.Location}: {name} has format version {version}, this program knows {FormatVersion}; use the program that wrote it");
        }

        return new Ballot(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4)),
            new MemberId(BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(12))));
    }

    private static Ballot? Newer(Ballot? known, Ballot? found)
    {
        if (known is not { } a || found is not { } b)
        {
            return known ?? found;
        }

        bool isNewer = b.Term > a.Term || (b.Term == a.Term && a.Vote == MemberId.None);
        return isNewer ? b : a;
    }
}
