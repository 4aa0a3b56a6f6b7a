using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>Histories of the namespace that could have happened, and some that could not.</summary>
public sealed class NamespaceHistoryTests
{
    private readonly NamespaceHistory _history = new(new Chronicle(() => 0), "/w");

    [Fact]
    public void An_ordinary_history_is_linearizable()
    {
        Do(new MakeDirectoryCall(Path("/w/a"), false));
        Refused(new MakeDirectoryCall(Path("/w/a"), false), ErrorCode.AlreadyExists);
        Refused(_history.Put("/w/x/y", 10, overwrite: false), ErrorCode.NotFound);
        var put = Do(_history.Put("/w/x/y", 100, overwrite: false, parents: true));
        Do(new MoveCall(Path("/w/x/y"), Path("/w/a/z"), false));
        Sees("/w/a/z", Content(put));
        Refused(new RemoveDirectoryCall(Path("/w/a")), ErrorCode.DirectoryNotEmpty);
        Refused(new MoveCall(Path("/w/a"), Path("/w/a/b"), false), ErrorCode.WouldCycle);
        Refused(new DeleteCall(Path("/w/a/z/q")), ErrorCode.NotADirectory);
        Refused(new DeleteCall(Path("/w/a")), ErrorCode.IsADirectory);
        Do(_history.Truncate("/w/a/z", 40));
        Do(_history.Truncate("/w/a/z", 50));
        Sees("/w/a/z", Content(put).Truncate(40).Truncate(50));
        Begin(new StatCall(Path("/w/a"))).Succeed(new SeenName("", true, 1));
        Begin(new StatCall(Path("/w/a/z"))).Succeed(new SeenName("", false, 50));
        Lists("/w", new SeenName("a", true, 1), new SeenName("x", true, 0));
        Lists("/w/a", new SeenName("z", false, 50));
        Lists("/w/a/z", new SeenName("", false, 50));
        Do(new RemoveDirectoryCall(Path("/w/x")));
        Do(new MoveCall(Path("/w/a"), Path("/w/b"), true));
        Do(new DeleteCall(Path("/w/b/z")));
        Lists("/w", new SeenName("b", true, 0));

        Assert.Equal("", _history.Check().Explanation);
    }

    [Fact]
    public void A_read_older_than_the_last_acknowledged_put_is_found()
    {
        var old = Do(_history.Put("/w/f", 100, overwrite: true));
        Do(_history.Put("/w/f", 100, overwrite: true));
        Sees("/w/f", Content(old));

        Broken("read /w/f -> #1, 100 bytes");
    }

    [Fact]
    public void A_lost_update_is_found()
    {
        var put = Do(_history.Put("/w/f", 100, overwrite: true));
        Do(_history.Truncate("/w/f", 30));
        Sees("/w/f", Content(put));

        Broken("read /w/f");
    }

    [Fact]
    public void A_file_that_comes_back_after_its_deletion_is_found()
    {
        var put = Do(_history.Put("/w/f", 100, overwrite: false));
        Do(new DeleteCall(Path("/w/f")));
        Refused(_history.Read("/w/f"), ErrorCode.NotFound);
        Sees("/w/f", Content(put));

        Broken("nothing there");
    }

    [Fact]
    public void A_move_that_was_seen_half_is_found()
    {
        var put = Do(_history.Put("/w/a", 100, overwrite: false));
        var move = Begin(new MoveCall(Path("/w/a"), Path("/w/b"), false));
        Sees("/w/b", Content(put));
        Sees("/w/a", Content(put));
        move.Succeed();

        Broken("read /w/a");
    }

    [Fact]
    public void A_repeated_move_that_took_effect_twice_is_found()
    {
        Do(_history.Put("/w/a", 1, overwrite: false));
        var move = Begin(new MoveCall(Path("/w/a"), Path("/w/b"), false));
        var again = Do(_history.Put("/w/a", 2, overwrite: false));
        move.Succeed();
        Sees("/w/b", Content(again));

        Broken("read /w/b");
    }

    [Fact]
    public void A_call_that_was_refused_by_its_own_first_attempt_is_found()
    {
        Refused(new MakeDirectoryCall(Path("/w/d"), false), ErrorCode.AlreadyExists);

        Broken("it would give success");
    }

    [Fact]
    public void A_call_with_an_unknown_outcome_may_have_happened_or_not()
    {
        var put = Do(_history.Put("/w/f", 100, overwrite: false));
        Begin(new DeleteCall(Path("/w/f"))).Fail(ErrorCode.TimedOut);
        Begin(new MakeDirectoryCall(Path("/w/never"), false)).Fail(ErrorCode.OutcomeUnknown);
        Sees("/w/f", Content(put));
        Refused(_history.Read("/w/f"), ErrorCode.NotFound);
        Refused(_history.Read("/w/never"), ErrorCode.NotFound);
        Assert.Equal("", _history.Check().Explanation);

        Sees("/w/f", Content(put));
        Broken("read /w/f");
    }

    [Fact]
    public void A_change_that_was_certainly_refused_never_happens()
    {
        var put = _history.Put("/w/f", 100, overwrite: false);
        Refused(put, ErrorCode.TooFewServers);
        Sees("/w/f", Content(put));

        Broken("nothing there");
    }

    [Fact]
    public void A_call_that_never_came_back_is_unknown()
    {
        var put = _history.Put("/w/f", 100, overwrite: false);
        Begin(put);
        Sees("/w/f", Content(put));

        Assert.Equal("", _history.Check().Explanation);
    }

    [Fact]
    public void A_reader_may_go_on_with_a_file_that_was_moved_and_replaced_under_it()
    {
        Do(_history.Put("/w/a", 100, overwrite: false));
        var read = Begin(_history.Read("/w/a"));
        Do(new MoveCall(Path("/w/a"), Path("/w/b"), false));
        var later = Do(_history.Put("/w/b", 50, overwrite: true));
        read.Succeed(Seen(Content(later)));

        Assert.Equal("", _history.Check().Explanation);
    }

    [Fact]
    public void A_reader_that_opened_later_does_not_see_what_was_moved_away_before()
    {
        Do(_history.Put("/w/a", 100, overwrite: false));
        Do(new MoveCall(Path("/w/a"), Path("/w/b"), false));
        var read = Begin(_history.Read("/w/a"));
        var later = Do(_history.Put("/w/b", 50, overwrite: true));
        read.Succeed(Seen(Content(later)));

        Broken("read /w/a");
    }

    [Fact]
    public void A_truncation_acts_on_the_file_it_found()
    {
        var put = Do(_history.Put("/w/a", 100, overwrite: false));
        var truncate = Begin(_history.Truncate("/w/a", 10));
        Do(new MoveCall(Path("/w/a"), Path("/w/b"), false));
        Do(_history.Put("/w/a", 30, overwrite: false));
        Sees("/w/b", Content(put));
        truncate.Succeed();
        Sees("/w/b", Content(put).Truncate(10));

        Assert.Equal("", _history.Check().Explanation);
    }

    [Fact]
    public void A_truncation_of_a_file_that_was_removed_under_it_may_say_that_it_is_gone()
    {
        Do(_history.Put("/w/a", 100, overwrite: false));
        var truncate = Begin(_history.Truncate("/w/a", 10));
        var second = Do(_history.Put("/w/a", 30, overwrite: true));
        truncate.Fail(ErrorCode.NotFound);
        Sees("/w/a", Content(second));
        Assert.Equal("", _history.Check().Explanation);

        Begin(_history.Truncate("/w/a", 10)).Fail(ErrorCode.NotFound);
        Broken("truncate /w/a to 10 bytes -> NotFound");
    }

    [Fact]
    public void A_truncation_whose_client_gave_up_may_still_arrive_at_the_file_it_found()
    {
        var put = Do(_history.Put("/w/a", 100, overwrite: false));
        Begin(_history.Truncate("/w/a", 10)).Fail(ErrorCode.TimedOut);
        Do(new MoveCall(Path("/w/a"), Path("/w/b"), false));
        Sees("/w/b", Content(put));
        Sees("/w/b", Content(put).Truncate(10));
        Assert.Equal("", _history.Check().Explanation);

        Sees("/w/b", Content(put));
        Broken("read /w/b");
    }

    [Fact]
    public void Bytes_of_two_versions_in_one_read_are_found()
    {
        var first = _history.Put("/w/f", 100, overwrite: true);
        Do(first);
        var second = _history.Put("/w/f", 100, overwrite: true);
        Do(second);
        byte[] mixed = [.. Pattern.Make(second.Pattern, 0, 64), .. Pattern.Make(first.Pattern, 64, 36)];
        Begin(_history.Read("/w/f")).Succeed(SeenContent.Of(mixed, _history.Chronicle.NameOf));

        Broken("torn: 0+64: #2 (the content put at /w/f), 64+36: #1 (the content put at /w/f)");
    }

    [Fact]
    public void A_few_bytes_tell_their_pattern_only_together_with_the_state()
    {
        var first = Do(_history.Put("/w/f", 3, overwrite: true));
        Sees("/w/f", Content(first));
        Assert.Equal("", _history.Check().Explanation);

        Do(_history.Put("/w/f", 3, overwrite: true));
        Sees("/w/f", Content(first));
        Broken("read /w/f");
    }

    private NamePath Path(string text) => _history.Path(text);

    private RecordedCall Begin(NamespaceOperation asked) => _history.Begin(1, asked);

    private T Do<T>(T asked)
        where T : NamespaceOperation
    {
        Begin(asked).Succeed();
        return asked;
    }

    private void Refused(NamespaceOperation asked, ErrorCode error) => Begin(asked).Fail(error);

    private void Sees(string path, FileContent content) => Begin(_history.Read(path)).Succeed(Seen(content));

    private void Lists(string path, params SeenName[] names) => Begin(new ListCall(Path(path))).Succeed(names);

    private void Broken(string because)
    {
        var result = _history.Check();
        Assert.Equal(Verdict.Broken, result.Verdict);
        Assert.Contains(because, result.Explanation, StringComparison.Ordinal);
    }

    private static FileContent Content(PutCall put) => FileContent.Stored(put.Pattern, put.Length);

    private SeenContent Seen(FileContent content)
    {
        byte[] bytes = new byte[content.Length];
        Pattern.Fill(content.Pattern, 0, bytes.AsSpan(0, (int)content.Kept));
        return SeenContent.Of(bytes, _history.Chronicle.NameOf);
    }
}
