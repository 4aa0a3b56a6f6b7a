using DfsNet.ChunkServer.Cluster;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Tests.Cluster;

public sealed class DirectoryPlanTests
{
    private static readonly NodeIdentity Here = new(new ClusterId(0xc1), new ServerId(3));

    private static DirectoryRecord Known(ulong volume, NodeIdentity? identity = null, ulong nonce = 77, params ulong[] siblings) =>
        new(
            identity ?? Here,
            nonce,
            new VolumeId(volume),
            true,
            [.. siblings.Append(volume).Distinct().Order().Select(id => new VolumeId(id))]);

    private static DirectoryPlan Plan(bool newVolume, params DirectoryRecord?[] found) =>
        DirectoryPlan.Of([.. found.Select((_, i) => $"directory {i}")], found, newVolume, new Random(1));

    [Fact]
    public void Empty_directories_alone_are_a_new_server()
    {
        var plan = Plan(false, null, null);
        Assert.Equal(NodeIdentity.Unknown, plan.Identity);
        Assert.NotEqual(0ul, plan.Nonce);
        Assert.Equal(2, plan.Records.Select(record => record.Volume).Distinct().Count());
        Assert.All(plan.Records, record => Assert.Equal(2, record.Siblings.Count));
        Assert.All(plan.Records, record => Assert.False(record.Formatted));
    }

    [Fact]
    public void Known_directories_keep_their_identity()
    {
        var plan = Plan(false, Known(1, siblings: 2), Known(2, siblings: 1));
        Assert.Equal(Here, plan.Identity);
        Assert.Equal(77ul, plan.Nonce);
        Assert.Empty(plan.Missing);
    }

    [Fact]
    public void A_directory_of_another_cluster_is_refused()
    {
        var other = Known(2, new NodeIdentity(new ClusterId(0xc2), new ServerId(3)));
        Assert.Equal(ErrorCode.WrongCluster, Assert.Throws<DfsException>(() => Plan(false, Known(1), other)).Code);
    }

    [Fact]
    public void A_directory_of_another_server_is_refused()
    {
        var other = Known(2, Here with { Server = new ServerId(4) }, nonce: 78);
        Assert.Equal(ErrorCode.Refused, Assert.Throws<DfsException>(() => Plan(false, Known(1), other)).Code);
    }

    [Fact]
    public void A_copied_directory_is_refused() =>
        Assert.Equal(ErrorCode.Refused, Assert.Throws<DfsException>(() => Plan(true, Known(1), Known(1))).Code);

    [Fact]
    public void An_empty_directory_beside_known_ones_is_refused_without_new_volume()
    {
        var error = Assert.Throws<DfsException>(() => Plan(false, Known(1), null));
        Assert.Equal(ErrorCode.Refused, error.Code);
        Assert.Contains("--new-volume", error.Message, StringComparison.Ordinal);
        Assert.Contains("directory 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_empty_directories_as_volumes_are_missing_are_not_mounted()
    {
        Assert.Equal([2, 0], DirectoryPlan.NotMounted([null, Known(1, siblings: [2, 3]), null]));
        Assert.Equal([1], DirectoryPlan.NotMounted([Known(1, siblings: [2, 3]), null]));
        Assert.Empty(DirectoryPlan.NotMounted([Known(1, siblings: [2]), null, null]));
        Assert.Empty(DirectoryPlan.NotMounted([Known(1), null]));
        Assert.Empty(DirectoryPlan.NotMounted([null, null]));
    }

    [Fact]
    public void An_unmounted_volume_is_named_when_its_directory_looks_empty()
    {
        var error = Assert.Throws<DfsException>(() => Plan(false, Known(1, siblings: 2), null));
        Assert.Contains($"{new VolumeId(2)} is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_new_volume_an_empty_directory_joins_and_all_directories_learn_of_it()
    {
        var plan = Plan(true, Known(1), null);
        Assert.Equal(Here, plan.Records[1].Identity);
        Assert.False(plan.Records[1].Formatted);
        Assert.True(plan.Records[0].Formatted);
        Assert.All(plan.Records, record => Assert.Contains(plan.Records[1].Volume, record.Siblings));
    }

    [Fact]
    public void A_missing_sibling_stays_known()
    {
        var plan = Plan(false, Known(1, siblings: 2));
        Assert.Equal([new VolumeId(2)], plan.Missing);
        Assert.Contains(new VolumeId(2), plan.Records[0].Siblings);
    }

    [Fact]
    public void An_interrupted_set_up_is_continued_under_the_same_nonce()
    {
        var half = Known(1, NodeIdentity.Unknown, nonce: 5, siblings: 2) with { Formatted = false };
        var plan = Plan(false, half, null);
        Assert.Equal(5ul, plan.Nonce);
        Assert.Equal(new VolumeId(1), plan.Records[0].Volume);
        Assert.Empty(plan.Missing);
    }

    [Fact]
    public void Ids_that_reached_only_one_directory_are_taken_over_by_the_other()
    {
        var plan = Plan(false, Known(1, NodeIdentity.Unknown, siblings: 2), Known(2, siblings: 1));
        Assert.Equal(Here, plan.Identity);
        Assert.All(plan.Records, record => Assert.Equal(Here, record.Identity));
    }

    [Fact]
    public void A_record_reads_back_as_it_was_written()
    {
        var record = Known(1, siblings: [2, 3]);
        var read = DirectoryRecord.Decode(record.Encode(), "here");
        Assert.Equal(record with { Siblings = read.Siblings }, read);
        Assert.Equal(record.Siblings, read.Siblings);
    }

    [Fact]
    public void An_unknown_format_and_a_short_record_are_typed_errors()
    {
        byte[] bytes = Known(1).Encode();
        bytes[0] = 2;
        Assert.Equal(ErrorCode.Unsupported, Assert.Throws<DfsException>(() => DirectoryRecord.Decode(bytes, "here")).Code);
        bytes[0] = 1;
        for (int length = 0; length < bytes.Length; length++)
        {
            var error = Assert.Throws<DfsException>(() => DirectoryRecord.Decode(bytes.AsSpan(0, length), "here"));
            Assert.True(error.Code is ErrorCode.Corrupt or ErrorCode.Unsupported);
        }
    }
}
