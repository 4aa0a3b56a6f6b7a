using System.CommandLine;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin status: the state of the cluster.</summary>
internal static class AdminStatusCommand
{
    public static Command Create(Clients clients, Surroundings surroundings)
    {
        var command = new Command("status", "Shows the state of the cluster: servers, volumes, chunks, alarms");
        var json = PathArguments.Json("one object");
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var client = await clients.ConnectAsync(parsed, cancellation).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                var facts = StatusFacts.Of(await client.Files.GetStatusAsync(cancellation).ConfigureAwait(false));
                if (parsed.GetValue(json))
                {
                    await surroundings.Out.WriteLineAsync(JsonOutput.Of(facts)).ConfigureAwait(false);
                }
                else
                {
                    await WriteAsync(surroundings.Out, facts).ConfigureAwait(false);
                }

                return ExitCode.Done;
            }
        });
        return command;
    }

    private static async Task WriteAsync(TextWriter output, StatusFacts facts)
    {
        string missing = $"{facts.UnderReplicated} under-replicated, {facts.Unavailable} unavailable";
        await output.WriteLineAsync(
            $"""
            cluster:         {facts.Cluster} (version {facts.Version}, term {facts.Term}, log index {facts.AppliedIndex})
            chunk servers:   {facts.ChunkServers}: {facts.Healthy} healthy, {facts.Suspect} suspect, {facts.Dead} dead
            chunks:          {facts.Chunks}: {facts.OpenChunks} open, {missing}, {facts.Removing} being removed
            files:           {facts.Files} in {Quantities.Count((long)facts.Directories, "directory")}
            sessions:        {facts.Sessions}
            """).ConfigureAwait(false);
        foreach (string line in facts.Repair.Lines().Append($"balance:         {facts.Balance.ToLine()}"))
        {
            await output.WriteLineAsync(Names.Printable(line)).ConfigureAwait(false);
        }

        foreach (string alarm in facts.Alarms)
        {
            await output.WriteLineAsync($"ALARM:           {Names.Printable(alarm)}").ConfigureAwait(false);
        }

        foreach (var server in facts.Servers)
        {
            await output.WriteLineAsync(
                $"server {server.Server,-4} {server.StateText(),-8} {server.Address,-22} domain {server.Domain}, "
                + $"{Quantities.Count((long)server.Replicas, "replica")}, silent {server.SilentMs} ms").ConfigureAwait(false);
            foreach (var volume in server.Volumes)
            {
                await output.WriteLineAsync(volume.ToLine()).ConfigureAwait(false);
            }
        }
    }
}
