using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

public sealed class SharedFileTests
{
    private readonly Chronicle _chronicle = new(() => 0);

    [Fact]
    public void Bytes_come_from_any_of_the_writes_at_the_same_time()
    {
        var file = new SharedFile(_chronicle, "/x", commitsWhole: false);
        byte[] one = Write(file, 1, 0, 100);
        byte[] two = Write(file, 2, 0, 100);
        var reader = file.BeginOpen();

        Assert.True(reader.EndRead(0, [.. one[..50], .. two[50..]]));
        Assert.True(file.BeginOpen().EndRead(0, [.. new byte[30], .. two[30..]]));
        Assert.True(file.BeginOpen().EndRead(0, []));
        file.Acknowledge(1);
        file.Acknowledge(2);
        Assert.True(file.BeginOpen().EndRead(0, [.. two[..50], .. one[50..]]));
        Assert.False(file.BeginOpen().EndRead(0, new byte[10]));
        Assert.False(file.BeginOpen().EndRead(50, []));
    }

    [Fact]
    public void Bytes_older_than_the_newest_acknowledged_write_are_found()
    {
        var file = new SharedFile(_chronicle, "/x", commitsWhole: false);
        byte[] one = Write(file, 1, 0, 100);
        file.Acknowledge(1);
        byte[] two = Write(file, 2, 40, 20);
        file.Acknowledge(2);

        Assert.True(file.BeginOpen().EndRead(0, [.. one[..40], .. two, .. one[60..]]));
        Assert.False(file.BeginOpen().EndRead(0, one));
        Assert.Contains("old or foreign bytes at 40", _chronicle.Violations[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_with_an_unknown_outcome_may_land_late()
    {
        var file = new SharedFile(_chronicle, "/x", commitsWhole: true);
        byte[] lost = Write(file, 1, 0, 100);
        byte[] two = Write(file, 2, 0, 100);
        file.Acknowledge(2);

        Assert.True(file.BeginOpen().EndRead(0, two));
        Assert.True(file.BeginOpen().EndRead(0, lost));
    }

    [Fact]
    public void A_reader_never_goes_back_in_a_place()
    {
        var file = new SharedFile(_chronicle, "/x", commitsWhole: false);
        byte[] one = Write(file, 1, 0, 100);
        file.Acknowledge(1);
        var reader = file.BeginOpen();
        byte[] two = Write(file, 1, 0, 100);

        Assert.True(reader.EndRead(0, two[..50]));
        Assert.True(reader.EndRead(50, one[50..]));
        Assert.False(reader.EndRead(20, one[20..40]));
    }

    [Fact]
    public void A_commit_that_is_seen_in_part_is_found()
    {
        var file = new SharedFile(_chronicle, "/x", commitsWhole: true);
        byte[] one = Write(file, 1, 0, 100);
        byte[] two = Write(file, 2, 0, 100);

        Assert.True(file.BeginOpen().EndRead(0, one));
        Assert.True(file.BeginOpen().EndRead(0, two));
        Assert.False(file.BeginOpen().EndRead(0, [.. one[..50], .. two[50..]]));
        Assert.False(file.BeginOpen().EndRead(0, [.. one[..50], .. new byte[50]]));
    }

    [Fact]
    public void Two_commits_of_which_each_lies_over_the_other_are_found()
    {
        var file = new SharedFile(_chronicle, "/x", commitsWhole: true);
        byte[] low = Write(file, 1, 0, 100);
        byte[] middle = Write(file, 2, 50, 100);
        byte[] high = Write(file, 3, 0, 150);

        // Middle over low and high; then high cannot lie over low unless low is below it, which it is.
        Assert.True(file.BeginOpen().EndRead(0, [.. high[..50], .. middle]));

        // Low over middle in one place, high over low elsewhere, middle over high at the end.
        Assert.False(file.BeginOpen().EndRead(0, [.. high[..50], .. low[50..], .. middle[50..]]));
        Assert.Contains("seen in part", _chronicle.Violations[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_commit_that_is_there_is_there_wherever_nothing_lies_over_it()
    {
        var file = new SharedFile(_chronicle, "/x", commitsWhole: true);
        byte[] wide = Write(file, 1, 0, 200);
        byte[] narrow = Write(file, 2, 50, 100);
        file.Acknowledge(2);

        Assert.True(file.BeginOpen().EndRead(0, [.. wide[..50], .. narrow, .. wide[150..]]));
        Assert.True(file.BeginOpen().EndRead(0, [.. new byte[50], .. narrow]));
        Assert.False(file.BeginOpen().EndRead(0, [.. wide[..50], .. narrow, .. new byte[50]]));
        Assert.Contains("is seen elsewhere, and not at 150", _chronicle.Violations[0], StringComparison.Ordinal);
    }

    private static byte[] Write(SharedFile file, int handle, long offset, int length) =>
        Pattern.Make(file.BeginWrite(handle, offset, length), offset, length);
}
