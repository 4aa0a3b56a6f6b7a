namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>The search itself, over the smallest of all models.</summary>
public sealed class LinearizabilityTests
{
    [Fact]
    public void Nothing_is_linearizable() => Assert.Equal(Verdict.Linearizable, Run().Verdict);

    [Fact]
    public void Overlapping_operations_may_have_happened_in_either_order()
    {
        Assert.Equal(Verdict.Linearizable, Run(Write(1, 0, 10), Read(0, 1, 9), Write(2, 2, 8), Read(1, 3, 11), Read(1, 12, 13)).Verdict);
    }

    [Fact]
    public void A_stale_read_is_found()
    {
        var result = Run(Write(1, 0, 1), Write(2, 2, 3), Read(1, 4, 5));

        Assert.Equal(Verdict.Broken, result.Verdict);
        Assert.Contains("2 of 3", result.Explanation, StringComparison.Ordinal);
        Assert.Contains("[4..5] client 0: read 1", result.Explanation, StringComparison.Ordinal);
        Assert.Contains("the state then: 2", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void What_two_readers_saw_in_different_orders_is_found()
    {
        var result = Run(Write(1, 0, 20), Write(2, 1, 20), Read(1, 2, 3), Read(2, 4, 5), Read(1, 6, 7));

        Assert.Equal(Verdict.Broken, result.Verdict);
    }

    [Fact]
    public void A_value_that_was_seen_does_not_go_away_while_its_write_lasts()
    {
        Assert.Equal(Verdict.Broken, Run(Write(1, 0, 20), Read(1, 2, 3), Read(0, 4, 5)).Verdict);
        Assert.Equal(Verdict.Linearizable, Run(Write(1, 0, 20), Read(0, 2, 3), Read(1, 4, 5)).Verdict);
    }

    [Fact]
    public void What_has_an_unknown_outcome_may_happen_at_any_time_later_or_never()
    {
        var unknown = Write(7, 0, Never);

        Assert.Equal(Verdict.Linearizable, Run(unknown, Write(1, 1, 2), Read(1, 3, 4)).Verdict);
        Assert.Equal(Verdict.Linearizable, Run(unknown, Write(1, 1, 2), Read(1, 3, 4), Read(7, 5, 6)).Verdict);
        Assert.Equal(Verdict.Linearizable, Run(unknown, Read(7, 1, 2), Write(1, 3, 4), Read(1, 5, 6)).Verdict);
    }

    [Fact]
    public void What_has_an_unknown_outcome_happens_once_at_most_and_not_before_it_was_asked()
    {
        Assert.Equal(Verdict.Broken, Run(Write(7, 0, Never), Read(7, 1, 2), Write(1, 3, 4), Read(1, 5, 6), Read(7, 7, 8)).Verdict);
        Assert.Equal(Verdict.Broken, Run(Read(7, 0, 1), Write(7, 2, Never)).Verdict);
    }

    [Fact]
    public void An_optional_step_is_of_no_use_after_its_end()
    {
        var write = Write(7, 0, 5) with { IsOptional = true };

        Assert.Equal(Verdict.Linearizable, Run(write, Write(1, 4, 6), Read(7, 7, 8)).Verdict);
        Assert.Equal(Verdict.Broken, Run(write, Write(1, 6, 7), Read(7, 8, 9)).Verdict);
    }

    [Fact]
    public void What_takes_too_long_is_undecided_and_says_so()
    {
        // Twenty writers at once and a value that nobody wrote: every order has to be tried.
        TimedOperation<RegisterOperation>[] history =
            [.. Enumerable.Range(1, 20).Select(value => Write(value, value, 100)), Read(99, 50, 101)];

        var result = LinearizabilitySearch<int, RegisterOperation>.Run(new RegisterModel(), history, stepsMax: 1000);

        Assert.Equal(Verdict.Undecided, result.Verdict);
        Assert.InRange(result.Steps, 1000, 1100);
        Assert.StartsWith("undecided", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Ways_that_lead_to_the_same_place_are_gone_once()
    {
        // 12! orders, but few configurations.
        TimedOperation<RegisterOperation>[] history =
            [.. Enumerable.Range(1, 12).Select(value => Write(value % 2, value, 100)), Read(99, 50, 101)];

        var result = LinearizabilitySearch<int, RegisterOperation>.Run(new RegisterModel(), history);

        Assert.Equal(Verdict.Broken, result.Verdict);
        Assert.InRange(result.Steps, 1, 200_000);
    }

    private const long Never = TimedOperation<RegisterOperation>.Never;

    private static TimedOperation<RegisterOperation> Write(int value, long invoked, long returned) =>
        new(new RegisterOperation(true, value), 0, invoked, returned);

    private static TimedOperation<RegisterOperation> Read(int value, long invoked, long returned) =>
        new(new RegisterOperation(false, value), 0, invoked, returned);

    private static LinearizabilityResult Run(params TimedOperation<RegisterOperation>[] history) =>
        LinearizabilitySearch<int, RegisterOperation>.Run(new RegisterModel(), history);
}
