using System.CommandLine;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Protocol.Wire;
using Command = System.CommandLine.Command;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin nodes, node, drain, undrain, remove and ok-to-stop: chunk servers, one by one.</summary>
internal static class AdminServerCommands
{
    public static IEnumerable<Command> Create(MetaAddressOption meta, Surroundings surroundings)
    {
        var question = new AdminQuestion(meta, surroundings);
        return [Nodes(question), Node(question), Drain(question), Undrain(question), Remove(question), OkToStop(question)];
    }

    private static Command Nodes(AdminQuestion question) => question.Of(
        new Command("nodes", "Lists the chunk servers: state, space, how full each is"),
        async (nodes, _, cancellation) =>
        {
            var status = await nodes.GetStatusAsync(cancellation).ConfigureAwait(false);
            ServerFacts[] servers = [.. status.Servers.OrderBy(server => server.ServerId).Select(ServerFacts.Of)];
            return new CommandAnswer<ServerFacts[]>(
                servers, string.Join(Environment.NewLine, servers.Select(server => server.ToLine()).Prepend(ServerFacts.Heading)));
        },
        form: "an array of objects");

    private static Command Node(AdminQuestion question)
    {
        var command = new Command("node", "Shows one chunk server: its volumes, its scrub, what is still needed of it");
        var name = Name(command);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            ulong server = await FindAsync(nodes, parsed.GetRequiredValue(name), cancellation).ConfigureAwait(false);
            var facts = await AskAsync(nodes, server, cancellation).ConfigureAwait(false);
            return new CommandAnswer<NodeFacts>(facts, facts.Text());
        });
    }

    private static Command Drain(AdminQuestion question)
    {
        var command = new Command(
            "drain",
            "Empties a chunk server: it takes nothing new, and its replicas are made elsewhere. It goes on through a change of leader");
        var name = Name(command);
        var wait = new Option<bool>("--wait") { Description = "Show the progress, and end when the server is empty" };
        command.Add(wait);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            ulong server = await FindAsync(nodes, parsed.GetRequiredValue(name), cancellation).ConfigureAwait(false);
            await SetDrainingAsync(nodes, server, true, cancellation).ConfigureAwait(false);
            var facts = await question.WaitAsync(
                await AskAsync(nodes, server, cancellation).ConfigureAwait(false),
                facts => facts.IsEmpty || !parsed.GetValue(wait),
                facts => facts.Progress(),
                () => AskAsync(nodes, server, cancellation),
                cancellation).ConfigureAwait(false);
            return new CommandAnswer<NodeFacts>(facts, facts.IsEmpty
                ? $"server {server} is empty: 'dfs admin remove {server}' takes it out"
                : $"server {server} is being emptied: {facts.Progress()}");
        });
    }

    private static Command Undrain(AdminQuestion question)
    {
        var command = new Command("undrain", "Puts a chunk server that was being emptied back to work");
        var name = Name(command);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            ulong server = await FindAsync(nodes, parsed.GetRequiredValue(name), cancellation).ConfigureAwait(false);
            await SetDrainingAsync(nodes, server, false, cancellation).ConfigureAwait(false);
            return new CommandAnswer<NodeFacts>(
                await AskAsync(nodes, server, cancellation).ConfigureAwait(false), $"server {server} takes chunks again");
        });
    }

    private static Command Remove(AdminQuestion question)
    {
        var command = new Command(
            "remove", "Takes an empty or dead chunk server out of the cluster for good; refused while anything depends on it");
        var name = Name(command);
        var lossy = new Option<bool>("--lossy")
        {
            Description = "Accept that chunks lose their last replica: their files are damaged for good",
        };
        command.Add(lossy);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            ulong server = await FindAsync(nodes, parsed.GetRequiredValue(name), cancellation).ConfigureAwait(false);
            var request = new DismissServerRequest { ServerId = server, Lossy = parsed.GetValue(lossy) };
            await nodes.OperateAsync(
                "remove server", (client, options) => client.DismissServerAsync(request, options), cancellation, once: true)
                .ConfigureAwait(false);
            return new CommandAnswer<RemovalFacts>(new RemovalFacts(server), $"server {server} is out of the cluster");
        });
    }

    private static Command OkToStop(AdminQuestion question)
    {
        var command = new Command(
            "ok-to-stop",
            "Tells whether chunk servers may be stopped now, all at once: exit code 0 if nothing would be out of reach, 1 if not");
        var names = new Argument<string[]>("name")
        {
            Description = "Numbers, addresses or hosts of the servers",
            Arity = ArgumentArity.OneOrMore,
        };
        command.Add(names);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            var status = await nodes.GetStatusAsync(cancellation).ConfigureAwait(false);
            var request = new CheckStopRequest();
            request.ServerIds.AddRange(parsed.GetRequiredValue(names).Select(name => ServerNames.Find(status, name).ServerId));
            var facts = StopFacts.Of(await nodes.OperateAsync(
                "check stop", (client, options) => client.CheckStopAsync(request, options), cancellation).ConfigureAwait(false));
            return new CommandAnswer<StopFacts>(facts, facts.ToLine(), facts.Ok);
        });
    }

    private static Argument<string> Name(Command command)
    {
        var name = new Argument<string>("name") { Description = "Number, address or host of the server" };
        command.Add(name);
        return name;
    }

    private static async Task<ulong> FindAsync(MetaNodes nodes, string name, CancellationToken cancellation)
    {
        var status = await nodes.GetStatusAsync(cancellation).ConfigureAwait(false);
        return ServerNames.Find(status, name).ServerId;
    }

    private static async Task<NodeFacts> AskAsync(MetaNodes nodes, ulong server, CancellationToken cancellation)
    {
        var request = new GetServerRequest { ServerId = server };
        return NodeFacts.Of(
            await nodes.OperateAsync("get server", (client, options) => client.GetServerAsync(request, options), cancellation)
                .ConfigureAwait(false));
    }

    private static Task SetDrainingAsync(MetaNodes nodes, ulong server, bool draining, CancellationToken cancellation)
    {
        var request = new SetServerDrainingRequest { ServerId = server, Draining = draining };
        return nodes.OperateAsync("drain", (client, options) => client.SetServerDrainingAsync(request, options), cancellation);
    }
}
