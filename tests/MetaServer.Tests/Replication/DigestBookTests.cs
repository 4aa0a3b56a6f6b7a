using DfsNet.Consensus;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.Replication;

public sealed class DigestBookTests
{
    private const ulong At = DigestBook.Interval;

    private static readonly MemberId Two = new(2);
    private static readonly MemberId Three = new(3);

    private static readonly Membership Members = new(
        [new Member(new MemberId(1), "a:1", false), new Member(Two, "b:1", false), new Member(Three, "c:1", false)], 4);

    private readonly DigestBook _book = new(new MemberId(1));

    [Fact]
    public void What_a_majority_came_to_is_agreed()
    {
        _book.Note(At, 5);
        Assert.Null(_book.Agreed);
        _book.Report(Two, new RaftDigest { Index = At, Value = 5 }, Members);
        Assert.Equal(5U, _book.Agreed!.Value);
        Assert.Null(_book.Divergence);
        Assert.Empty(_book.Diverged);
    }

    [Fact]
    public void Another_member_that_differs_from_a_majority_is_named()
    {
        _book.Note(At, 5);
        _book.Report(Three, new RaftDigest { Index = At, Value = 6 }, Members);
        Assert.Empty(_book.Diverged);
        _book.Report(Two, new RaftDigest { Index = At, Value = 5 }, Members);
        Assert.Equal([Three], _book.Diverged);
        Assert.Null(_book.Divergence);
    }

    [Fact]
    public void A_node_that_differs_from_the_two_others_knows_it_also_where_it_leads()
    {
        _book.Note(At, 5);
        _book.Report(Two, new RaftDigest { Index = At, Value = 6 }, Members);
        Assert.Null(_book.Divergence);
        _book.Report(Three, new RaftDigest { Index = At, Value = 6 }, Members);
        Assert.NotNull(_book.Divergence);
    }

    [Fact]
    public void A_follower_believes_the_leaders_word_about_the_majority_when_it_comes_to_that_entry()
    {
        _book.Agree(new RaftDigest { Index = At, Value = 6 });
        Assert.Null(_book.Divergence);
        _book.Note(At, 5);
        Assert.NotNull(_book.Divergence);
    }

    [Fact]
    public void Other_entries_are_no_checkpoints()
    {
        _book.Note(At + 1, 5);
        Assert.Null(_book.Newest);
    }
}
