using DfsNet.Cli.Output;

namespace DfsNet.Cli.Commands;

/// <summary>What a command came to.</summary>
/// <param name="Facts">For programs.</param>
/// <param name="Text">For people.</param>
/// <param name="IsGood">Exit code 0, else 1.</param>
internal sealed record CommandAnswer<T>(T Facts, string Text, bool IsGood = true)
{
    /// <summary>Prints one or the other; returns the exit code.</summary>
    public async Task<int> WriteAsync(Surroundings surroundings, bool json)
    {
        await surroundings.Out.WriteLineAsync(json ? JsonOutput.Of(Facts) : Text).ConfigureAwait(false);
        return IsGood ? ExitCode.Done : ExitCode.Failed;
    }
}
