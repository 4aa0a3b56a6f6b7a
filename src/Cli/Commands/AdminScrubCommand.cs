using System.CommandLine;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Output;
using DfsNet.Protocol.Wire;
using Command = System.CommandLine.Command;

namespace DfsNet.Cli.Commands;

/// <summary>
/// dfs admin scrub. A leader tells servers of the order with their heartbeats and keeps it nowhere else: one that dies before all have
/// heard of it takes it along. So the command ends when all have begun at the earliest, and gives the order again to another leader.
/// </summary>
internal static class AdminScrubCommand
{
    public static Command Create(AdminQuestion question)
    {
        var command = new Command("scrub", "Has every replica read and compared now, not only within --scrub-period");
        var name = new Argument<string>("name")
        {
            Description = "Number, address or host of a server [default: all]",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        var wait = new Option<bool>("--wait") { Description = "Show the progress, and end when it is done" };
        command.Add(name);
        command.Add(wait);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            bool isWait = parsed.GetValue(wait);
            string text = parsed.GetValue(name) ?? "";
            var status = await nodes.GetStatusAsync(cancellation).ConfigureAwait(false);
            var order = new Order(nodes, text.Length == 0 ? 0 : ServerNames.Find(status, text).ServerId);
            await order.GiveAsync(status.Term, cancellation).ConfigureAwait(false);
            var facts = await question.WaitAsync(
                await order.AskAsync(cancellation).ConfigureAwait(false),
                isWait ? IsDone : HasBegun,
                isWait ? Progress : Begun,
                () => order.AskAsync(cancellation),
                cancellation).ConfigureAwait(false);
            return new CommandAnswer<ScrubFacts>(
                facts, isWait ? Progress(facts) : "scrub begun: 'dfs admin node NAME' shows how far it is");
        });
    }

    private static IReadOnlyList<VolumeFacts> VolumesOf(ScrubFacts facts) =>
        [.. facts.Servers.SelectMany(server => server.Volumes).Where(volume => volume.State is "healthy" or "full")];

    private static IReadOnlyList<VolumeFacts> BegunOf(ScrubFacts facts) =>
        [.. VolumesOf(facts).Where(volume => volume.Scrub.Request >= facts.Request)];

    // A new leader may not have heard yet what volumes a server has.
    private static bool HasBegun(ScrubFacts facts) =>
        BegunOf(facts).Count == VolumesOf(facts).Count && facts.Servers.All(server => server.Volumes.Count > 0);

    private static bool IsDone(ScrubFacts facts) => HasBegun(facts) && BegunOf(facts).All(volume => !volume.Scrub.Running);

    private static string Begun(ScrubFacts facts) =>
        $"begun on {BegunOf(facts).Count} of {Quantities.Count(VolumesOf(facts).Count, "volume")}";

    private static string Progress(ScrubFacts facts)
    {
        var begun = BegunOf(facts);
        long read = begun.Sum(volume => (long)volume.Scrub.VerifiedBytes);
        long damaged = begun.Sum(volume => (long)volume.Scrub.Damaged);
        int done = begun.Count(volume => !volume.Scrub.Running);
        return $"{done} of {Quantities.Count(VolumesOf(facts).Count, "volume")} done, {Quantities.Bytes(read)} read, "
            + $"{Quantities.Count(damaged, "replica")} damaged";
    }

    /// <summary>To one server; 0: to all.</summary>
    private sealed class Order(MetaNodes nodes, ulong server)
    {
        private ulong _term;
        private ulong _request;

        /// <param name="term">Of the leader; an earlier one at the most, which costs no more than giving it once more.</param>
        /// <param name="cancellation">Ends the trying.</param>
        public async Task GiveAsync(ulong term, CancellationToken cancellation)
        {
            var reply = await nodes.OperateAsync(
                "scrub", (client, options) => client.StartScrubAsync(new StartScrubRequest { ServerId = server }, options), cancellation)
                .ConfigureAwait(false);
            (_term, _request) = (term, reply.Request);
        }

        public async Task<ScrubFacts> AskAsync(CancellationToken cancellation)
        {
            var status = await nodes.GetStatusAsync(cancellation).ConfigureAwait(false);
            if (status.Term != _term && !HasBegun(FactsOf(status)))
            {
                await GiveAsync(status.Term, cancellation).ConfigureAwait(false);
            }

            return FactsOf(status);
        }

        private ScrubFacts FactsOf(GetStatusReply status) => new(
            _request,
            [.. status.Servers.Where(one => (server == 0 || one.ServerId == server) && one.State == ServerState.Healthy)
                .Select(ServerFacts.Of)]);
    }
}
