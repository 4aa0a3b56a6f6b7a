using System.CommandLine;
using System.Globalization;
using System.Text;
using DfsNet.Cli.Connections;
using DfsNet.Cli.Options;
using DfsNet.Cli.Output;
using DfsNet.Protocol.Wire;
using Command = System.CommandLine.Command;

namespace DfsNet.Cli.Commands;

/// <summary>dfs admin repair, rebalance, fsck and events, with scrub: what concerns all servers.</summary>
internal static class AdminUpkeepCommands
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    public static IEnumerable<Command> Create(MetaAddressOption meta, Surroundings surroundings)
    {
        var question = new AdminQuestion(meta, surroundings);
        return
        [
            Repair(question), Rebalance(question), AdminScrubCommand.Create(question), Check(meta, surroundings),
            Events(meta, surroundings),
        ];
    }

    private static Command Repair(AdminQuestion question)
    {
        var command = new Command("repair", "Shows how repair goes; sets a deadline, or releases the brake after many failures at once");
        var resume = new Option<bool>("--resume")
        {
            Description = "The dead servers will not be back soon: repair everything, not only last copies",
        };
        var deadline = new Option<string>("--deadline")
        {
            Description = "Everything is to be redundant within this time, as 30m or 2h, at the cost of foreground work; 'none': no hurry",
        };
        command.Add(resume);
        command.Add(deadline);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            var request = RequestOf(parsed.GetValue(resume), parsed.GetValue(deadline));
            if (request.Resume || request.NoDeadline || request.DeadlineMs > 0)
            {
                await nodes.OperateAsync("steer repair", (client, options) => client.SteerRepairAsync(request, options), cancellation)
                    .ConfigureAwait(false);
            }

            var facts = RepairFacts.Of((await nodes.GetStatusAsync(cancellation).ConfigureAwait(false)).Repair);
            return new CommandAnswer<RepairFacts>(facts, string.Join(Environment.NewLine, facts.Lines()));
        });
    }

    private static SteerRepairRequest RequestOf(bool resume, string? deadline)
    {
        var request = new SteerRepairRequest { Resume = resume, NoDeadline = deadline == "none" };
        if (deadline is not null && !request.NoDeadline)
        {
            request.DeadlineMs = Quantities.TryParseTime(deadline, out var time) && time > TimeSpan.Zero
                ? (ulong)time.TotalMilliseconds
                : throw CommandFailure.Usage($"--deadline takes a time such as 30m or 2h, or none, not {Names.Printable(deadline)}");
        }

        return request;
    }

    private static Command Rebalance(AdminQuestion question)
    {
        var command = new Command(
            "rebalance", "Makes the servers evenly full now, within the budget of --balance-rate; large differences are evened out anyway");
        var stop = new Option<bool>("--stop") { Description = "Move nothing any more, until it is started again" };
        var status = new Option<bool>("--status") { Description = "Only show how it stands" };
        var wait = new Option<bool>("--wait") { Description = "Show the progress, and end when it is done" };
        command.Add(stop);
        command.Add(status);
        command.Add(wait);
        return question.Of(command, async (nodes, parsed, cancellation) =>
        {
            var request = new SteerBalanceRequest
            {
                Stop = parsed.GetValue(stop),
                Start = !parsed.GetValue(stop) && !parsed.GetValue(status),
            };
            var facts = await question.WaitAsync(
                await SteerAsync(nodes, request, cancellation).ConfigureAwait(false),
                facts => !parsed.GetValue(wait) || facts.Stopped || (!facts.Asked && facts.BytesLeft + facts.Running == 0),
                facts => facts.ToLine(),
                () => SteerAsync(nodes, new SteerBalanceRequest(), cancellation),
                cancellation).ConfigureAwait(false);
            return new CommandAnswer<BalanceFacts>(facts, facts.ToLine());
        });
    }

    private static async Task<BalanceFacts> SteerAsync(MetaNodes nodes, SteerBalanceRequest request, CancellationToken cancellation)
    {
        var reply = await nodes.OperateAsync("balance", (client, options) => client.SteerBalanceAsync(request, options), cancellation)
            .ConfigureAwait(false);
        return BalanceFacts.Of(reply.Status);
    }

    private static Command Check(MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command(
            "fsck", "Checks every chunk against the servers, and names the files that miss bytes: exit code 0 if none does, 1 if some do");
        var json = PathArguments.Json("one object");
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var nodes = new MetaNodes(meta.Of(parsed), surroundings.Time);
            bool isJson = parsed.GetValue(json);
            var files = new List<HurtFileFacts>();
            var last = new CheckFilesPiece();
            long hurt = 0;
            await nodes.CheckFilesAsync(
                async piece =>
                {
                    last = piece;
                    foreach (var file in piece.Files.Select(FactsOf))
                    {
                        hurt++;
                        if (isJson)
                        {
                            files.Add(file);
                        }
                        else
                        {
                            await surroundings.Out.WriteLineAsync(
                                $"{Names.Printable(file.Path)}: {Quantities.Bytes(file.LostBytes)} of {Quantities.Bytes(file.Length)} "
                                    + $"lost, chunks {string.Join(", ", file.Chunks)}").ConfigureAwait(false);
                        }
                    }
                },
                cancellation).ConfigureAwait(false);
            string text = $"{Quantities.Count((long)last.Chunks, "chunk")} checked: {last.UnderReplicated} under-replicated, "
                + $"{last.Unreadable} that nobody has; {Quantities.Count(hurt, "file")} damaged";
            var facts = new CheckFacts(last.Chunks, last.UnderReplicated, last.Unreadable, files);
            await surroundings.Out.WriteLineAsync(isJson ? JsonOutput.Of(facts) : text).ConfigureAwait(false);
            return last.Unreadable == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static HurtFileFacts FactsOf(HurtFile file) =>
        new(Encoding.UTF8.GetString(file.Path.Span), file.Inode, file.Length, file.LostBytes, [.. file.ChunkIds]);

    private static Command Events(MetaAddressOption meta, Surroundings surroundings)
    {
        var command = new Command("events", "Lists what happened to servers and chunks since the present leader began");
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what happens from now on" };
        var json = PathArguments.Json("one object per line");
        command.Add(follow);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var nodes = new MetaNodes(meta.Of(parsed), surroundings.Time);
            var seen = new GetEventsReply();
            do
            {
                seen = await TellAsync(nodes, seen, parsed.GetValue(json), surroundings.Out, cancellation).ConfigureAwait(false);
                if (parsed.GetValue(follow))
                {
                    await Task.Delay(Poll, surroundings.Time, cancellation).ConfigureAwait(false);
                }
            }
            while (parsed.GetValue(follow));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Writes what is new since <paramref name="seen"/>; another leader counts anew.</summary>
    private static async Task<GetEventsReply> TellAsync(
        MetaNodes nodes, GetEventsReply seen, bool isJson, TextWriter output, CancellationToken cancellation)
    {
        ulong last = seen.Events.Count > 0 ? seen.Events[^1].Number : 0;
        var reply = await nodes.OperateAsync(
            "events", (client, options) => client.GetEventsAsync(new GetEventsRequest(), options), cancellation).ConfigureAwait(false);
        foreach (var happened in reply.Events.Where(happened => reply.Term != seen.Term || happened.Number > last))
        {
            var facts = new EventFacts(happened.Number, DateTimeOffset.FromUnixTimeMilliseconds(happened.UnixMs), happened.Text);
            string time = facts.Time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            await output.WriteLineAsync(isJson ? JsonOutput.Of(facts) : $"{time}Z  {Names.Printable(facts.Text)}").ConfigureAwait(false);
        }

        return reply;
    }
}
