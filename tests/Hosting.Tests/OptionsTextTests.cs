namespace DfsNet.Hosting;

/// <summary>Options are printed at the start of a process, without its secrets.</summary>
public sealed class OptionsTextTests
{
    [Fact]
    public void Secrets_are_hidden_and_lists_are_shown() => Assert.Equal(
        "Listen=h:1, Data=a|b, Domain=(none), JoinToken=(hidden), Wait=00:00:03",
        OptionsText.Of(new
        {
            Listen = "h:1",
            Data = new[] { "a", "b" },
            Domain = "",
            JoinToken = "s3cret",
            Wait = TimeSpan.FromSeconds(3),
        }));
}
