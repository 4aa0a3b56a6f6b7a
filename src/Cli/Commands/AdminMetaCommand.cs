using System.CommandLine;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin meta: the metadata servers themselves.</summary>
internal static class AdminMetaCommand
{
    public static Command Create(Clients clients, MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command("meta", "Shows and changes the metadata servers of a cluster")
        {
            Status(meta, surroundings),
            Change(
                "add",
                "Adds a metadata server that was started with --join; it gets its vote when it has caught up",
                "host:port at which the others reach it",
                meta,
                surroundings,
                static (nodes, node, cancellation) => nodes.AddAsync(node, cancellation)),
            Change(
                "remove",
                "Removes a metadata server for good; stop its process afterwards",
                "host:port or number of the server",
                meta,
                surroundings,
                static (nodes, node, cancellation) => nodes.RemoveAsync(node, cancellation)),
            Change(
                "transfer",
                "Hands leadership to another metadata server",
                "host:port or number of the server [default: whoever has most]",
                meta,
                surroundings,
                static (nodes, node, cancellation) => nodes.TransferAsync(node, cancellation),
                isOptional: true),
            Replace(meta, surroundings),
            Finalize(meta, surroundings),
            AdminBackupCommand.BackUp(meta, surroundings),
            AdminBackupsCommand.Create(clients, surroundings),
            AdminRestoreCommand.Create(surroundings),
        };
        return command;
    }

    private static Command Status(MetaAddressOption meta, Surroundings surroundings) => new AdminQuestion(meta, surroundings).Of(
        new Command("status", "Shows the metadata servers: who leads, how far each is, what the cluster's feature level is"),
        async (nodes, _, cancellation) =>
        {
            var facts = MetaFacts.Of((await nodes.FindBestAsync(cancellation).ConfigureAwait(false)).Reply);
            return new CommandAnswer<MetaFacts>(facts, TextOf(facts));
        });

    private static string TextOf(MetaFacts facts)
    {
        string newer = facts.FeatureLevelKnown > facts.FeatureLevel
            ? $" (every server knows {facts.FeatureLevelKnown}: 'dfs admin meta finalize' takes it)"
            : "";
        string cluster =
            $"""
            cluster:         {facts.Cluster} (incarnation {facts.Incarnation}{(facts.Protected ? ", protected" : "")})
            leader:          {(facts.Leader.Length == 0 ? "none" : facts.Leader)} (term {facts.Term}, committed up to {facts.CommitIndex})
            feature level:   {facts.FeatureLevel}{newer}
            """;
        return string.Join(Environment.NewLine, facts.Nodes.Select(node =>
        {
            string progress = node.Match is null ? "" : $", has {node.Match}, lacks {node.Lag}";
            return $"node {node.Node,-4} {node.Role,-8} {node.Address,-22} {node.State}{progress}";
        }).Prepend(cluster));
    }

    private static Command Change(
        string name,
        string description,
        string argument,
        MetaAddressOption meta,
        Surroundings surroundings,
        Func<MetaChanges, string, CancellationToken, Task<MetaChangeFacts>> change,
        bool isOptional = false)
    {
        var command = new Command(name, description);
        var node = new Argument<string>("node")
        {
            Description = argument,
            Arity = isOptional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
            DefaultValueFactory = _ => "",
        };
        command.Add(node);
        return Run(command, meta, surroundings, (nodes, parsed, cancellation) => change(nodes, parsed.GetValue(node) ?? "", cancellation));
    }

    private static Command Replace(MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command(
            "replace", "Puts a new metadata server, started with --join, in the place of one whose disk or machine is lost");
        var old = new Argument<string>("node") { Description = "host:port or number of the lost server" };
        var next = new Argument<string>("new")
        {
            Description = "host:port of the new one [default: that of the lost one]",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        command.Add(old);
        command.Add(next);
        return Run(command, meta, surroundings, (nodes, parsed, cancellation) => nodes.ReplaceAsync(
            parsed.GetRequiredValue(old), parsed.GetValue(next) ?? "", cancellation));
    }

    private static Command Finalize(MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command(
            "finalize", "Raises the feature level to the newest that every metadata server knows; older programs cannot come back then");
        command.SetAction(async (parsed, cancellation) =>
        {
            using var nodes = new MetaNodes(meta.Of(parsed), surroundings.Time);
            uint level = await new MetaChanges(nodes).FinalizeAsync(cancellation).ConfigureAwait(false);
            await surroundings.Out.WriteLineAsync($"feature level {level}").ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Run(
        Command command,
        MetaAddressOption meta,
        Surroundings surroundings,
        Func<MetaChanges, ParseResult, CancellationToken, Task<MetaChangeFacts>> change) =>
        new AdminQuestion(meta, surroundings).Of(command, async (nodes, parsed, cancellation) =>
        {
            var facts = await change(new MetaChanges(nodes), parsed, cancellation).ConfigureAwait(false);
            return new CommandAnswer<MetaChangeFacts>(facts, $"{facts.Change} metadata node {facts.Node} at {facts.Address}");
        });
}
