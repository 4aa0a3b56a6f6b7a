using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Commands;

/// <summary>dfs locate: the chunks of a file and where their replicas are.</summary>
internal static class LocateCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("locate", "Shows the chunks of files and the servers that hold their replicas");
        var paths = PathArguments.OneOrMore("path", "Files in DfsNet");
        var json = PathArguments.Json("one object per line");
        command.Add(paths);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var absolute = Names.AllAbsolute(parsed.GetRequiredValue(paths));
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                return await EachPath.DoAsync("locate", absolute, surroundings, async path =>
                {
                    var facts = LayoutFacts.Of(await client.Files.LocateAsync(path, cancellation).ConfigureAwait(false));
                    if (parsed.GetValue(json))
                    {
                        await surroundings.Out.WriteLineAsync(JsonOutput.Of(facts)).ConfigureAwait(false);
                    }
                    else
                    {
                        await WriteAsync(surroundings.Out, facts).ConfigureAwait(false);
                    }
                }).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static async Task WriteAsync(TextWriter output, LayoutFacts facts)
    {
        string wanted = Quantities.Count(facts.Replication, "replica");
        await output.WriteLineAsync(
            $"{Names.Printable(facts.Path)}: {Quantities.Bytes(facts.Length)}, {Quantities.Count(facts.Slices.Count, "slice")}, "
            + $"{Quantities.Count(facts.Chunks.Count, "chunk")}, {wanted} wanted").ConfigureAwait(false);
        var chunks = facts.Chunks.ToDictionary(chunk => chunk.Chunk);
        foreach (var slice in facts.Slices)
        {
            var chunk = chunks[slice.Chunk];
            string state = chunk.Sealed ? "" : ", open";
            await output.WriteLineAsync(
                $"  {slice.Offset,14} +{slice.Length,-12} chunk {chunk.Chunk} at {slice.ChunkOffset}{state}: "
                + string.Join(", ", chunk.Replicas.Select(Replica))).ConfigureAwait(false);
        }
    }

    private static string Replica(ReplicaFacts replica) =>
        $"server {replica.Server} ({replica.Address}, {replica.Domain}){(replica.Healthy ? "" : " not answering")}";
}
