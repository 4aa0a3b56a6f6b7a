using System.CommandLine;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Options;

namespace DfsNet.Cli.Commands;

/// <summary>The frame of operators' commands: asks the metadata servers, says one thing as text, or with --json as one object.</summary>
internal sealed class AdminQuestion(MetaAddressOption meta, Surroundings surroundings)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <param name="command">With options and arguments of its own.</param>
    /// <param name="ask">Asks, and orders what is to be ordered.</param>
    /// <param name="form">What --json prints.</param>
    public Command Of<T>(
        Command command, Func<MetaNodes, ParseResult, CancellationToken, Task<CommandAnswer<T>>> ask, string form = "one object")
    {
        var json = PathArguments.Json(form);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var nodes = new MetaNodes(meta.Of(parsed), surroundings.Time);
            var answer = await ask(nodes, parsed, cancellation).ConfigureAwait(false);
            return await answer.WriteAsync(surroundings, parsed.GetValue(json)).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Asks again, once a second, and shows the progress, until it is done.</summary>
    public async Task<T> WaitAsync<T>(
        T facts, Func<T, bool> isDone, Func<T, string> progress, Func<Task<T>> ask, CancellationToken cancellation)
    {
        while (!isDone(facts))
        {
            await surroundings.Error.WriteLineAsync(progress(facts)).ConfigureAwait(false);
            await Task.Delay(Poll, surroundings.Time, cancellation).ConfigureAwait(false);
            facts = await ask().ConfigureAwait(false);
        }

        return facts;
    }
}
