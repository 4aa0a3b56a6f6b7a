using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;
using Grpc.Core;

namespace DfsNet.Simulation.Faults;

/// <summary>
/// A metadata server loses its disk, and comes back as a new member with an empty one, beside everything else that goes wrong: somebody at
/// a client's machine removes the old member and adds the new one, as often as it takes.
/// </summary>
internal sealed class ReplacedMember : IFault
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(2);

    public string Name => "replaced member";

    public bool IsPossible(World world) => world.Metas.Count > 1;

    public async Task StrikeAsync(World world, Strike strike)
    {
        var lost = world.MetaVictim;
        bool isKnown = StateReader.Members(world.Meta.Store).Members.All(
            member => StateReader.DirectoryOf(world.Meta.Store, member.Id) != 0);
        if (!isKnown || lost.IsBeingReplaced || world.Metas.Any(meta => !meta.IsUp || meta.IsHeldDown || meta.Node!.IsImpaired))
        {
            // The loss of one is to be borne, not of two, and by a cluster that knows its members' disks.
            return;
        }

        lost.IsBeingReplaced = true;
        strike.Fired();
        strike.Note(lost.Name);
        lost.Kill();
        lost.LoseDisk();
        lost.Start();
        await ReplaceAsync(world, lost.Address).ConfigureAwait(false);
        lost.IsBeingReplaced = false;
    }

    private static async Task ReplaceAsync(World world, string address)
    {
        ulong old = 0;
        bool isRemoved = false;
        while (true)
        {
            var view = await AskAsync(world, (client, options) => client.GetMembersAsync(new GetMembersRequest(), options))
                .ConfigureAwait(false);
            if (view is { Role: MemberRole.Leader })
            {
                var present = view.Members.FirstOrDefault(member => member.Address == address);
                old = old == 0 ? present?.Member ?? 0 : old;
                isRemoved |= old != 0 && present?.Member != old;
                if (isRemoved && present is { Role: not MemberRole.Learner })
                {
                    return;
                }

                if (present is null)
                {
                    var add = new AddMemberRequest { Address = address };
                    await AskAsync(world, (client, options) => client.AddMemberAsync(add, options)).ConfigureAwait(false);
                }
                else if (present.Member == old)
                {
                    var remove = new RemoveMemberRequest { Member = old };
                    await AskAsync(world, (client, options) => client.RemoveMemberAsync(remove, options)).ConfigureAwait(false);
                }
            }

            await world.Scheduler.DelayAsync(Pause).ConfigureAwait(false);
        }
    }

    // Null where there is no answer that helps; it is asked again.
    private static async Task<TReply?> AskAsync<TReply>(World world, Func<Members.MembersClient, CallOptions, AsyncUnaryCall<TReply>> call)
        where TReply : class
    {
        var machine = world.Clients.FirstOrDefault(client => client.IsUp);
        if (machine is null)
        {
            return null;
        }

        var client = new Members.MembersClient(machine.Connections.Control(world.Meta.Address));
        using var attempt = call(client, new CallOptions());
        var answer = attempt.ResponseAsync;
        await Task.WhenAny(answer, world.Scheduler.DelayAsync(CallTime)).ConfigureAwait(false);
        return answer.IsCompletedSuccessfully ? await answer.ConfigureAwait(false) : null;
    }
}
