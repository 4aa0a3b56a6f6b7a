using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Servers;

namespace DfsNet.Cli.Commands;

/// <summary>
/// The frame of benchmarks that need a cluster of their own: starts it, measures, says the figures as text, or with --json as one object.
/// </summary>
internal static class ClusterBenchmark
{
    /// <param name="command">With options of its own.</param>
    /// <param name="plan">The cluster.</param>
    /// <param name="measure">What is measured on it.</param>
    /// <param name="surroundings">Where it is said.</param>
    /// <param name="form">What --json prints.</param>
    public static Command Of<T>(
        Command command,
        ChildClusterPlan plan,
        Func<ChildCluster, ParseResult, CancellationToken, Task<CommandAnswer<T>>> measure,
        Surroundings surroundings,
        string form = "one object")
    {
        var json = PathArguments.Json(form);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            await surroundings.Error.WriteLineAsync(
                $"starting metadata servers ({plan.MetaServers}) and chunk servers ({plan.ChunkServers}), each a process of its own")
                .ConfigureAwait(false);
            var cluster = await ChildCluster.StartAsync(plan, surroundings, cancellation).ConfigureAwait(false);
            await using (cluster.ConfigureAwait(false))
            {
                var answer = await measure(cluster, parsed, cancellation).ConfigureAwait(false);
                return await answer.WriteAsync(surroundings, parsed.GetValue(json)).ConfigureAwait(false);
            }
        });
        return command;
    }
}
