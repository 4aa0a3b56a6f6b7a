using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

public sealed class AppendedFileTests
{
    private readonly Chronicle _chronicle = new(() => 0);
    private readonly AppendedFile _file;

    public AppendedFileTests() => _file = new AppendedFile(_chronicle, "/log");

    [Fact]
    public void Records_of_several_writers_stand_in_any_order_that_time_allows()
    {
        var one = _file.Begin(1, 100);
        var two = _file.Begin(2, 50);
        _file.Acknowledge(one);
        var three = _file.Begin(1, 10);
        _file.Acknowledge(two);

        Assert.True(Read(two, one));
        _file.Acknowledge(three);
        Assert.True(Read(two, one, three));
        Assert.Empty(_chronicle.Violations);
    }

    [Fact]
    public void An_acknowledged_record_that_is_missing_is_found()
    {
        var one = _file.Begin(1, 100);
        var two = _file.Begin(2, 50);
        _file.Acknowledge(one);

        Assert.False(Read(two));
        Assert.Contains("record 1 of writer 1 (#1, 120 bytes) was acknowledged", _chronicle.Violations[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_was_acknowledged_while_the_reader_was_at_work_may_be_missing()
    {
        var one = _file.Begin(1, 100);
        var reading = _file.BeginRead();
        _file.Acknowledge(one);

        Assert.True(reading.End([]));
        Assert.False(_file.BeginRead().End([]));
    }

    [Fact]
    public void A_record_that_was_never_acknowledged_may_come_late_and_only_once()
    {
        var one = _file.Begin(1, 100);
        var two = _file.Begin(2, 50);
        _file.Acknowledge(two);
        Assert.True(Read(two));
        Assert.True(Read(two, one));

        Assert.False(Read(two, one, one));
        Assert.Contains("stands at 70 and again at 190", _chronicle.Violations[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Records_out_of_order_are_found()
    {
        var one = _file.Begin(1, 100);
        _file.Acknowledge(one);
        var two = _file.Begin(2, 50);

        Assert.False(Read(two, one));
        Assert.Contains("was acknowledged before record 2", _chronicle.Violations[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_record_is_found()
    {
        byte[] one = _file.Begin(1, 100).ToBytes();

        Assert.False(_file.BeginRead().End(one.AsSpan(0, 60)));
        Assert.False(_file.BeginRead().End(one.AsSpan(0, 10)));
        one[70] ^= 1;
        Assert.False(_file.BeginRead().End(one));
    }

    [Fact]
    public void What_was_read_once_neither_changes_nor_goes_away()
    {
        var one = _file.Begin(1, 100);
        var two = _file.Begin(2, 100);
        var before = _file.BeginRead();
        Assert.True(Read(one));

        Assert.False(Read(two));
        Assert.Contains("byte 4 has changed", _chronicle.Violations[0], StringComparison.Ordinal);
        Assert.True(before.End([]));
        Assert.False(_file.BeginRead().End([]));
    }

    private bool Read(params AppendedRecord[] records) =>
        _file.BeginRead().End(records.SelectMany(record => record.ToBytes()).ToArray());
}
