using System.CommandLine;
using DfsNet.Cli.Demo;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Cli.Servers;

namespace DfsNet.Cli.Commands;

/// <summary>dfs demo: the main job on a cluster of its own.</summary>
internal static class DemoCommand
{
    private const int ChunkServers = 4;
    private const int MetaServers = 3;

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "demo",
            "Stores a file on a cluster of its own, kills two chunk servers and the metadata leader on the way, and reads every byte back");
        var file = new Option<string?>("--file") { Description = "File to store; else one is generated", HelpName = "file" };
        var size = new SizeOption("Size of the generated file", "256MiB");
        var json = PathArguments.Json("one object");
        command.Add(file);
        command.Add(size.Option);
        command.Add(json);
        command.SetAction((parsed, cancellation) =>
            RunAsync(parsed.GetValue(file), size.Of(parsed), parsed.GetValue(json), surroundings, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? file, long bytes, bool json, Surroundings surroundings, CancellationToken cancellation)
    {
        var steps = new DemoSteps(surroundings, quiet: json);
        await steps.SayAsync($"starting {MetaServers} metadata servers and {ChunkServers} chunk servers, each in its own process")
            .ConfigureAwait(false);
        var cluster = await ChildCluster.StartAsync(new ChildClusterPlan(ChunkServers, MetaServers), surroundings, cancellation)
            .ConfigureAwait(false);
        DemoFacts facts;
        await using (cluster.ConfigureAwait(false))
        {
            facts = await new DemoRun(cluster, steps, surroundings).RunAsync(file, bytes, cancellation).ConfigureAwait(false);
        }

        if (json)
        {
            await surroundings.Out.WriteLineAsync(JsonOutput.Of(facts)).ConfigureAwait(false);
        }

        steps.WriteTable([
            $"replicas: {facts.ReplicasAtStart} at the start, {facts.ReplicasAtEnd} or more on the {ChunkServers - 2} servers left",
            $"SHA-256:  {facts.Sha256}",
            facts.Matched ? "every byte matched" : "BYTES DIFFER",
        ]);
        return facts.Matched ? ExitCode.Done : ExitCode.Failed;
    }
}
