using System.Buffers.Binary;
using DfsNet.Devices;
using DfsNet.Simulation.Nodes;
using DfsNet.Storage.Journals;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// While a metadata server is down, a bit flips in the middle of its log: in a batch of which a later one says that it was flushed. Alone
/// it must not serve like that, until somebody puts the bit back; among others it has its log repaired by them, and leads nobody before.
/// </summary>
internal sealed class DamagedLog : IFault
{
    // A start takes milliseconds; a slow disk makes it tens of them.
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(1);

    private const string Folder = "log";
    private const string Checker = "a damaged log is not served from";

    public string Name => "damaged log";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var meta = world.MetaVictim;
        if (!meta.IsUp || meta.IsHeldDown || meta.IsBeingReplaced)
        {
            return;
        }

        meta.IsHeldDown = true;
        meta.Kill();
        if (FindPlace(meta.Disk, strike) is { } place)
        {
            strike.Fired();
            strike.Note($"bit {place.Bit} of {place.Path}");
            meta.Disk.FlipBit(place.Path, place.Bit);
            meta.Start();
            await strike.LastAsync(StartTime);
            if (world.Metas.Count > 1)
            {
                meta.IsHeldDown = false;
                Check(world, meta);
                return;
            }

            if (meta.IsServing)
            {
                world.Violate(Checker, $"bit {place.Bit} of {place.Path} is wrong, and nobody minds");
            }

            meta.Kill();
            meta.Disk.FlipBit(place.Path, place.Bit);
        }

        meta.IsHeldDown = false;
        meta.Start();
    }

    private static void Check(World world, MetaMachine meta)
    {
        if (meta.IsUp && meta.Node!.IsImpaired && meta.LeadingTerm != 0)
        {
            world.Violate(Checker, $"{meta.Name} leads without what it lost");
        }
    }

    private static (string Path, long Bit)? FindPlace(SimulatedDisk disk, Strike strike)
    {
        // Logs are numbered; the newest counts.
        string? path = disk.Paths.Where(path => path.StartsWith(Folder, StringComparison.Ordinal)
            && path.EndsWith(JournalFormat.SegmentSuffix, StringComparison.Ordinal)).MaxBy(path => (path.IndexOf('/'), path));
        if (path is null || !JournalFormat.TryParseSegmentName(path[(path.IndexOf('/') + 1)..], out ulong segment))
        {
            return null;
        }

        var batches = Batches(disk.Snapshot(path), segment);
        var proven = batches.Where(batch => batches.Any(later => later.Header.Flushed > batch.Header.Number)).ToList();
        if (proven.Count == 0)
        {
            return null;
        }

        var (offset, header) = strike.Pick(proven);
        return (path, (offset * 8) + strike.Random.NextInt64((JournalFormat.BatchHeaderBytes + header.BodyBytes) * 8L));
    }

    private static List<(long Offset, BatchHeader Header)> Batches(byte[] content, ulong segment)
    {
        var batches = new List<(long Offset, BatchHeader Header)>();
        long offset = JournalFormat.PageBytes;
        while (offset + JournalFormat.BatchHeaderBytes <= content.Length)
        {
            var bytes = content.AsSpan((int)offset);
            ulong owner = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
            if (!BatchHeader.TryRead(bytes, owner, segment, out var header))
            {
                break;
            }

            batches.Add((offset, header));
            offset += JournalFormat.BatchOnDisk(header.BodyBytes);
        }

        return batches;
    }
}
