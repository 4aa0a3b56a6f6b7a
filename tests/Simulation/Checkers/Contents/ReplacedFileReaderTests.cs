using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Checkers.Contents;

public sealed class ReplacedFileReaderTests
{
    private const string Path = "/w/f";
    private const int Length = 100;
    private readonly NamespaceHistory _history = new(new Chronicle(() => 0), "/w");

    [Fact]
    public void A_handle_sees_what_was_there_when_it_was_opened_or_what_came_later()
    {
        var old = Put();
        var present = Put();
        var reader = Open();
        Assert.False(reader.EndRead(0, BytesOf(old)));
        Assert.True(reader.EndRead(0, BytesOf(present)));
        Assert.True(reader.EndRead(Length, []));
        var next = Put();
        Assert.True(reader.EndRead(10, BytesOf(present).AsSpan(10..50)));
        Assert.True(reader.EndRead(40, BytesOf(next).AsSpan(40..)));
        Assert.False(reader.EndRead(40, BytesOf(present).AsSpan(40..)));
        Assert.False(reader.EndRead(50, []));
    }

    [Fact]
    public void Of_two_contents_put_at_the_same_time_a_handle_does_not_go_back_to_the_one_it_has_left()
    {
        var one = _history.Begin(0, _history.Put(Path, Length, overwrite: true));
        var two = Put();
        one.Succeed();
        var reader = Open();

        Assert.True(reader.EndRead(0, BytesOf(one)));
        Assert.True(reader.EndRead(0, BytesOf(two)));
        Assert.False(reader.EndRead(0, BytesOf(one)));
    }

    [Fact]
    public void One_read_gives_bytes_of_one_content()
    {
        var one = Put();
        var reader = Open();
        var two = Put();

        Assert.False(reader.EndRead(0, [.. BytesOf(one)[..50], .. BytesOf(two)[50..]]));
    }

    [Fact]
    public void What_is_written_into_a_file_without_a_name_is_seen_by_handles_opened_before_alone()
    {
        var made = _history.Begin(0, _history.Put(Path, 0, overwrite: false));
        made.Succeed();
        var early = Open();
        var delete = _history.Begin(0, new DeleteCall(_history.Path(Path)));
        delete.Succeed();
        var late = Open();
        var written = _history.WriteIntoRemoved(made, Length);
        byte[] bytes = Pattern.Make(written.Pattern, 0, Length);

        Assert.False(late.EndRead(0, bytes));
        Assert.True(early.EndRead(0, []));
        Assert.True(early.EndRead(0, bytes));
        Assert.True(early.EndRead(Length, []));
        Assert.False(early.EndRead(0, []));
    }

    [Fact]
    public void What_is_put_behind_a_removal_is_another_file()
    {
        var one = Put();
        var reader = Open();
        Assert.False(reader.MayBeGone());
        var delete = _history.Begin(0, new DeleteCall(_history.Path(Path)));
        Assert.True(reader.MayBeGone());
        delete.Succeed();
        var two = Put();

        Assert.True(reader.EndRead(0, BytesOf(one)));
        Assert.False(reader.EndRead(0, BytesOf(two)));
        Assert.True(Open().EndRead(0, BytesOf(two)));
    }

    [Fact]
    public void What_is_written_into_a_file_without_a_name_lies_over_what_others_had_stored_in_it()
    {
        var made = _history.Begin(0, _history.Put(Path, 0, overwrite: false));
        var stored = Put();
        made.Succeed();
        var reader = Open();
        var other = _history.Begin(0, _history.Put("/w/other", Length, overwrite: true));
        other.Succeed();
        var delete = _history.Begin(0, new DeleteCall(_history.Path(Path)));
        delete.Succeed();
        var written = _history.WriteIntoRemoved(made, 30);
        byte[] over = Pattern.Make(written.Pattern, 0, 30);

        Assert.True(reader.EndRead(0, BytesOf(stored)));
        Assert.True(reader.EndRead(10, [.. over[10..], .. BytesOf(stored)[30..80]]));
        Assert.True(reader.EndRead(60, BytesOf(stored).AsSpan(60..)));
        Assert.True(reader.EndRead(Length, []));
        Assert.False(reader.EndRead(10, [.. over[10..], .. BytesOf(other)[30..80]]));
        Assert.False(reader.EndRead(0, BytesOf(stored)));
        Assert.False(reader.EndRead(50, []));
    }

    [Fact]
    public void What_has_no_known_outcome_may_come_late_and_what_was_refused_never()
    {
        var lost = _history.Begin(0, _history.Put(Path, Length, overwrite: true));
        lost.Fail(ErrorCode.TimedOut);
        Put();
        var refused = _history.Begin(0, _history.Put(Path, Length, overwrite: true));
        refused.Fail(ErrorCode.SessionEnded);

        Assert.True(Open().EndRead(0, BytesOf(lost)));
        Assert.False(Open().EndRead(0, BytesOf(refused)));
    }

    private static byte[] BytesOf(RecordedCall put) => Pattern.Make(((PutCall)put.Operation).Pattern, 0, Length);

    private RecordedCall Put()
    {
        var call = _history.Begin(0, _history.Put(Path, Length, overwrite: true));
        call.Succeed();
        return call;
    }

    private ReplacedFileReader Open()
    {
        var reader = new ReplacedFileReader(_history, Path);
        reader.EndOpen();
        return reader;
    }
}
