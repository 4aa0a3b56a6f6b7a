using DfsNet.Consensus;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Replication;
using DfsNet.Protocol.Wire;
using DfsNet.Workers;

namespace DfsNet.MetaServer.Maintenance;

/// <summary>
/// Looks after the members: notes by which data directory each is known, gives a learner that has caught up its vote, follows one that
/// moved to another address, and raises an alarm about one whose state differs.
/// </summary>
internal sealed class MemberKeeper(NodeLife life, Proposer proposer, Alarms alarms, TimeProvider time) : IWorker
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly HashSet<MemberId> _alarmed = [];

    public string Name => "look after the metadata servers";

    public string Status => $"{life.Replica.Seen.Membership.Members.Count} members";

    public async Task<WorkResult> WorkAsync(CancellationToken cancellation)
    {
        foreach (var member in life.Replica.Seen.Membership.Members)
        {
            await LookAfterAsync(member, cancellation).ConfigureAwait(false);
        }

        TellDiverged();
        return WorkResult.Idle;
    }

    public Task WaitForWorkAsync(CancellationToken cancellation) => Task.Delay(Pause, time, cancellation);

    private async Task LookAfterAsync(Member member, CancellationToken cancellation)
    {
        bool isSelf = member.Id == life.Card.Member;
        var (directory, address) = isSelf
            ? (life.Card.OwnDirectory, life.Card.Address)
            : (life.Heard.Find(member.Id)?.DirectoryId ?? 0, life.Heard.Find(member.Id)?.Address ?? member.Address);
        if (directory == 0)
        {
            return;
        }

        if (life.Card.DirectoryOf(member.Id) == 0)
        {
            var note = new NoteMember { Member = member.Id.Value, DirectoryId = directory };
            await proposer.ProposeAsync(new Command { NoteMember = note }, cancellation).ConfigureAwait(false);
        }

        if (address != member.Address)
        {
            await TryChangeAsync(new MoveMember(member.Id, address), cancellation).ConfigureAwait(false);
        }
        else if (member.IsLearner)
        {
            await TryChangeAsync(new PromoteLearner(member.Id), cancellation).ConfigureAwait(false);
        }
    }

    private async Task TryChangeAsync(MembershipChange change, CancellationToken cancellation)
    {
        try
        {
            await life.Replica.ChangeAsync(change, cancellation).ConfigureAwait(false);
        }
        catch (DfsException)
        {
            // Not caught up yet, or another change is on its way: it is tried again with the next look.
        }
    }

    private void TellDiverged()
    {
        var diverged = life.Digests.Diverged;
        foreach (var member in diverged.Where(_alarmed.Add))
        {
            alarms.Raise(
                Subject(member), $"metadata node {member} came to another state than the majority and was shut out: replace it");
        }

        foreach (var member in _alarmed.Where(member => life.Replica.Seen.Membership.Find(member) is null).ToList())
        {
            _alarmed.Remove(member);
            alarms.Clear(Subject(member));
        }
    }

    private static string Subject(MemberId member) => $"metadata node {member}";
}
