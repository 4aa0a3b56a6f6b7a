using DfsNet.Integrity;
using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.State;

/// <summary>Maps of files: conditions, versions, checksums of small slices, staged files, and what goes in steps.</summary>
public class ContentTests
{
    private readonly MetadataInHand _metadata = new();
    private readonly ulong _file;
    private readonly ChunkId _chunk;

    public ContentTests()
    {
        _file = _metadata.CreateFile("f").Inode;
        _chunk = _metadata.Allocate();
    }

    [Fact]
    public void Neighbouring_appends_become_one_slice_and_keep_a_checksum_while_it_fits_a_block()
    {
        byte[] block = new byte[40_000];
        _metadata.Write(_file, 0, _chunk, block, atEnd: true);
        _metadata.Write(_file, 0, _chunk, [1, 2, 3], atEnd: true);
        Assert.Equal(Crc32C.Compute([.. block, 1, 2, 3]), Assert.Single(Slices()).Crc);
        _metadata.Write(_file, 0, _chunk, block, atEnd: true);
        Assert.Equal((0u, 80_003u), (Assert.Single(Slices()).Crc, Slices()[0].Length));
    }

    [Fact]
    public void A_slice_that_is_cut_loses_its_checksum()
    {
        _metadata.Write(_file, 0, _chunk, [1, 2, 3, 4, 5]);
        _metadata.Write(_file, 1, _chunk, [9, 9]);
        Assert.Equal([0u, Crc32C.Compute([9, 9]), 0u], Slices().Select(slice => slice.Crc));
        Assert.Equal([1, 9, 9, 4, 5], _metadata.Read("f"));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void A_commit_takes_effect_only_under_its_condition()
    {
        ulong version = _metadata.Write(_file, 0, _chunk, [1]).Version;
        var stale = new Condition { Version = version - 1 };
        Assert.Equal(ErrorCode.ConditionFailed, _metadata.Write(_file, 0, _chunk, [2], condition: stale).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Write(_file, 0, _chunk, [3], condition: new Condition { Version = version }).Error);
        Assert.Equal([3], _metadata.Read("f"));
        Assert.Equal(ErrorCode.AlreadyExists, _metadata.CreateFile("f", new Condition { MustNotExist = true }).Error);
        Assert.Equal(ErrorCode.NotFound, _metadata.CreateFile("g", new Condition { MustExist = true }).Error);
        Assert.Equal(ErrorCode.ConditionFailed, _metadata.CreateFile("g", new Condition { Version = 3 }).Error);
        Assert.Equal(ErrorCode.ConditionFailed, _metadata.CreateFile("f", new Condition { Inode = _file + 1 }).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.CreateFile("f", new Condition { Inode = _file, MustExist = true }).Error);
    }

    [Fact]
    public void Versions_of_a_file_only_grow_even_when_its_map_is_replaced()
    {
        ulong before = _metadata.Write(_file, 0, _chunk, [1]).Version;
        ulong replaced = _metadata.CreateFile("f").Version;
        Assert.True(replaced > before);
        Assert.Equal(replaced, _metadata.Stat("f").Version);
        Assert.Equal((_file, 0ul), (_metadata.Stat("f").Inode, _metadata.Stat("f").Length));
        var open = new CreateFile { Target = MetadataInHand.Path("f"), KeepContent = true };
        var opened = _metadata.Call(new ClientCommand { CreateFile = open });
        Assert.Equal((_file, replaced), (opened.Inode, opened.Version));
    }

    [Fact]
    public void A_staged_file_belongs_to_its_session_until_it_is_linked_and_replaces_what_stands_there()
    {
        var other = _metadata.OpenSession(2);
        ulong staged = _metadata.Call(new ClientCommand { StageFile = new StageFile() }).Inode;
        _metadata.Write(staged, 0, _chunk, [1, 2]);
        var foreign = new ClientCommand { Truncate = new Truncate { Inode = staged, Length = 1 } };
        Assert.Equal(ErrorCode.NotOwner, _metadata.Call(foreign, other).Error);
        var link = new ClientCommand { LinkStaged = new LinkStaged { Inode = staged, Target = MetadataInHand.Path("f") } };
        Assert.Equal(ErrorCode.NotOwner, _metadata.Call(link, other).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Call(link).Error);
        Assert.Equal(ErrorCode.NotOwner, _metadata.Call(link).Error);
        Assert.Equal([1, 2], _metadata.Read("f"));
        Assert.Equal([new InodeId(_file)], StateReader.Orphans(_metadata.Store));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void An_unlinked_file_keeps_its_content_until_it_is_reclaimed()
    {
        _metadata.Write(_file, 0, _chunk, [1, 2]);
        _metadata.Unlink("f");
        Assert.Equal(ErrorCode.Unspecified, _metadata.Write(_file, 2, _chunk, [3]).Error);
        Assert.Equal([new InodeId(_file)], StateReader.Orphans(_metadata.Store));
        StateAudit.Check(_metadata.Store);
        _metadata.ReclaimAll();
        Assert.Equal(ErrorCode.NotFound, _metadata.Write(_file, 3, _chunk, [4]).Error);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Many_slices_are_truncated_and_reclaimed_in_steps()
    {
        const int slices = 5_000;
        WriteScattered(slices);
        var first = _metadata.Truncate(_file, 21);
        Assert.True(first.More);
        Assert.InRange(first.Length, 22ul, 10ul * slices);
        Assert.Equal((int)first.Length, _metadata.Read("f", 1_000).Length);
        StateAudit.Check(_metadata.Store);
        Assert.True(_metadata.Truncate(_file, 21).More);
        var last = _metadata.Truncate(_file, 21);
        Assert.Equal((false, 21ul), (last.More, last.Length));
        Assert.Equal(3ul, _metadata.Stat("f").Slices);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void A_replaced_map_of_many_slices_is_detached_and_reclaimed()
    {
        WriteScattered(200);
        _metadata.CreateFile("f");
        Assert.Single(StateReader.DetachedMaps(_metadata.Store));
        Assert.Single(_metadata.Events.OfType<MapDetached>());
        StateAudit.Check(_metadata.Store);
        var map = StateReader.DetachedMaps(_metadata.Store).Single();
        var step = _metadata.Propose(new Command { ReclaimMap = new ReclaimMap { MapId = map.Value, MaxSlices = 150 } });
        Assert.True(step.More);
        StateAudit.Check(_metadata.Store);
        Assert.False(_metadata.Propose(new Command { ReclaimMap = new ReclaimMap { MapId = map.Value, MaxSlices = 150 } }).More);
        Assert.Empty(StateReader.DetachedMaps(_metadata.Store));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void A_commit_over_more_slices_than_a_command_may_write_is_refused_whole()
    {
        WriteScattered(6_000);
        var before = _metadata.Stat("f");
        var over = _metadata.Write(_file, 0, _chunk, new byte[60_000]);
        Assert.Equal(ErrorCode.LimitExceeded, over.Error);
        Assert.Equal(before, _metadata.Stat("f"));
        StateAudit.Check(_metadata.Store);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Write(_file, 0, _chunk, new byte[20_000]).Error);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Growing_makes_a_hole_that_reads_as_zero()
    {
        _metadata.Write(_file, 2, _chunk, [1]);
        _metadata.Truncate(_file, 5);
        Assert.Equal([0, 0, 1, 0, 0], _metadata.Read("f"));
        Assert.Equal(5ul, StateReader.Counters(_metadata.Store).LogicalBytes);
    }

    [Fact]
    public void Layouts_begin_at_the_slice_across_the_offset_and_are_paged()
    {
        WriteScattered(5);
        var slices = Slices();
        Assert.Equal(slices.Skip(1), LayoutFrom(10).Slices);
        Assert.Equal(slices.Skip(2), LayoutFrom(13).Slices);
        Assert.Empty(LayoutFrom(1_000).Slices);
        var page = LayoutFrom(0, 2);
        Assert.Equal((2, true), (page.Slices.Count, page.More));
        Assert.Equal([1ul, 2, 3], Assert.Single(page.Chunks).Replicas.Select(row => row.Server.Value));
    }

    // Slices of 3 bytes every 10 bytes, too far apart to become one.
    private void WriteScattered(int slices)
    {
        var word = _metadata.Append(_chunk, [1, 2, 3]);
        for (int done = 0; done < slices;)
        {
            var commit = new Commit { Inode = _file, Chunks = { word } };
            for (; done < slices && commit.Slices.Count < Limits.CommitSlicesMax; done++)
            {
                commit.Slices.Add(MetadataInHand.Slice((ulong)done * 10, _chunk, word.Length - 3, [1, 2, 3]));
            }

            Assert.Equal(ErrorCode.Unspecified, _metadata.Call(new ClientCommand { Commit = commit }).Error);
        }
    }

    private IReadOnlyList<Slice> Slices() => LayoutFrom(0).Slices;

    private FileLayout LayoutFrom(ulong offset, int page = 0)
    {
        using var snapshot = _metadata.Store.OpenSnapshot();
        return LayoutReader.Read(snapshot, MetadataInHand.Path("f"), offset, page);
    }
}
