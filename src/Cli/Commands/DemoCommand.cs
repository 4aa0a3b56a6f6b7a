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
    private const string SizeDefault = "256MiB";

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(
            "demo",
            "Stores a file on a cluster of its own, kills two chunk servers and the metadata leader on the way, and reads every byte back");
        var file = new Option<string?>("--file") { Description = "File to store; else one is generated", HelpName = "file" };
        var size = new Option<string>("--size")
        {
            Description = "Size of the generated file",
            HelpName = "bytes",
            DefaultValueFactory = _ => SizeDefault,
        };
        size.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(Quantities.TryParseBytes(result.Tokens[0].Value, out long bytes) && bytes > 0))
            {
                result.AddError($"--size takes a number of bytes such as 64MiB, not {Names.Printable(result.Tokens[0].Value)}");
            }
        });
        var json = PathArguments.Json("one object");
        command.Add(file);
        command.Add(size);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            _ = Quantities.TryParseBytes(parsed.GetRequiredValue(size), out long bytes);
            return await RunAsync(parsed.GetValue(file), bytes, parsed.GetValue(json), surroundings, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(string? file, long bytes, bool json, Surroundings surroundings, CancellationToken cancellation)
    {
        var steps = new DemoSteps(surroundings, quiet: json);
        await steps.SayAsync($"starting {MetaServers} metadata servers and {ChunkServers} chunk servers, each in its own process")
            .ConfigureAwait(false);
        var cluster = await ChildCluster.StartAsync(ChunkServers, MetaServers, surroundings, cancellation).ConfigureAwait(false);
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
