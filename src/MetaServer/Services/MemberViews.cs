using DfsNet.Consensus;
using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>The metadata servers of the cluster as one of them sees them, and changes of them.</summary>
internal sealed class MemberViews(Func<NodeLife?> life, Func<DfsException?> whyNotServing, TimeSpan callTimeMax, TimeProvider time)
{
    private const int AddressBytesMax = 255;

    public GetMembersReply Get()
    {
        if (life() is not { } node)
        {
            return new GetMembersReply { FeatureLevelKnown = FeatureLevels.Newest };
        }

        var view = node.Replica.Seen;
        var cluster = StateReader.Cluster(node.Store);
        var reply = new GetMembersReply
        {
            ClusterId = cluster?.ClusterId ?? 0,
            Incarnation = cluster?.Incarnation ?? 0,
            Member = node.Card.Member.Value,
            Role = RoleOf(view.Standing.Role, view.Membership.Find(node.Card.Member)),
            Term = view.Standing.Term,
            Leader = view.LeaderAddress,
            LastIndex = view.Last.Index,
            CommitIndex = view.CommitIndex,
            AppliedIndex = node.Store.AppliedIndex,
            FeatureLevel = cluster?.FeatureLevel ?? 0,
            FeatureLevelKnown = FeatureLevels.Newest,
            Impaired = view.IsImpaired,
            Protected = cluster?.Protected ?? false,
        };
        reply.Members.AddRange(view.Membership.Members.Select(member => StatusOf(node, member)));
        return reply;
    }

    public async Task<ChangeMembersReply> AddAsync(AddMemberRequest request, CancellationToken cancellation)
    {
        string address = request.Address;
        bool isAddress = address.LastIndexOf(':') is > 0 and var colon && ushort.TryParse(address.AsSpan(colon + 1), out ushort port)
            && port != 0 && address.Length <= AddressBytesMax;
        if (!isAddress)
        {
            throw new DfsException(ErrorCode.InvalidArgument, "add member", $"'{address}' is no host:port");
        }

        var members = await ChangeAsync(new AddLearner(address), cancellation).ConfigureAwait(false);
        return new ChangeMembersReply { Member = members.Members.First(member => member.Address == address).Id.Value };
    }

    public async Task<ChangeMembersReply> RemoveAsync(RemoveMemberRequest request, CancellationToken cancellation)
    {
        await ChangeAsync(new RemoveMember(new MemberId(request.Member)), cancellation).ConfigureAwait(false);
        return new ChangeMembersReply { Member = request.Member };
    }

    public async Task<TransferLeadershipReply> TransferAsync(TransferLeadershipRequest request, CancellationToken cancellation)
    {
        var node = Leader();
        var view = node.Replica.Seen;
        var to = request.Member != 0
            ? new MemberId(request.Member)
            : view.Progress.Where(peer => peer.IsActive && view.Membership.IsVoter(peer.Member)).MaxBy(peer => peer.Match)?.Member
                ?? MemberId.None;
        if (to == node.Card.Member)
        {
            return new TransferLeadershipReply { Member = to.Value };
        }

        if (!view.Membership.IsVoter(to))
        {
            throw new DfsException(
                ErrorCode.NotFound, "transfer leadership",
                request.Member == 0 ? "no other metadata node can take over" : $"metadata node {to} does not vote here");
        }

        await PatientlyAsync(
            token => HandOverAsync(node, to, view.Standing.Term, token),
            $"metadata node {to} did not take over in time; this one goes on leading",
            cancellation).ConfigureAwait(false);
        return new TransferLeadershipReply { Member = to.Value };
    }

    private async Task<bool> HandOverAsync(NodeLife node, MemberId to, ulong term, CancellationToken cancellation)
    {
        if (!await node.Replica.TransferAsync(to, cancellation).ConfigureAwait(false))
        {
            throw new DfsException(ErrorCode.Overloaded, "transfer leadership", "another hand-over is under way; try again later");
        }

        while (node.Replica.Seen is { IsLeader: true } present && present.Standing.Term == term)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation).ConfigureAwait(false);
        }

        return true;
    }

    public async Task<FinalizeFeatureLevelReply> FinalizeAsync(CancellationToken cancellation)
    {
        var node = Leader();
        uint level = FeatureLevels.Newest;
        foreach (var member in node.Replica.Seen.Membership.Members.Where(member => member.Id != node.Card.Member))
        {
            uint known = node.Heard.Find(member.Id)?.FeatureLevel ?? throw new DfsException(
                ErrorCode.Refused, "finalize feature level", $"metadata node {member.Id} at {member.Address} was not heard yet");
            level = Math.Min(level, known);
        }

        var command = new Command { RaiseFeatureLevel = new RaiseFeatureLevel { FeatureLevel = level } };
        var lead = node.Seat.Present ?? throw whyNotServing() ?? Gone();
        await lead.Proposer.ProposeAsync(command, cancellation).ConfigureAwait(false);
        return new FinalizeFeatureLevelReply { FeatureLevel = StateReader.Cluster(node.Store)!.FeatureLevel };
    }

    /// <summary>The leader's soft state is made for one or the other: it begins anew.</summary>
    public async Task<ProtectReply> ProtectAsync(ProtectRequest request, CancellationToken cancellation)
    {
        var node = Leader();
        var lead = node.Seat.Present ?? throw whyNotServing() ?? Gone();
        var command = new Command { SetProtection = new SetProtection { Protected = request.Protected } };
        await lead.Proposer.ProposeAsync(command, cancellation).ConfigureAwait(false);
        await node.Replica.RestartLeadershipAsync(cancellation).ConfigureAwait(false);
        return new ProtectReply();
    }

    /// <summary>Gives all metadata as of now, piece by piece.</summary>
    public Task BackUpAsync(Func<BackupPiece, CancellationToken, Task> write, CancellationToken cancellation)
    {
        var lead = Leader().Seat.Present ?? throw whyNotServing() ?? Gone();
        return lead.Backup.WriteAsync(write, cancellation);
    }

    private Task<Membership> ChangeAsync(MembershipChange change, CancellationToken cancellation) => PatientlyAsync(
        token => Leader().Replica.ChangeAsync(change, token),
        "a majority of the metadata servers did not take the change in time",
        cancellation);

    private NodeLife Leader() => whyNotServing() is { } reason ? throw reason : life() ?? throw Gone();

    private async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> work, string late, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(callTimeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return await work(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new DfsException(ErrorCode.TimedOut, "change members", late, error);
        }
    }

    private static MemberStatus StatusOf(NodeLife node, Member member)
    {
        var view = node.Replica.Seen;
        bool isSelf = member.Id == node.Card.Member;
        var status = new MemberStatus
        {
            Member = member.Id.Value,
            Address = member.Address,
            Role = member.Id == view.Standing.Leader ? MemberRole.Leader : member.IsLearner ? MemberRole.Learner : MemberRole.Follower,
            Diverged = node.Digests.Diverged.Contains(member.Id),
            FeatureLevel = isSelf ? FeatureLevels.Newest : node.Heard.Find(member.Id)?.FeatureLevel ?? 0,
        };
        if (isSelf)
        {
            status.Match = view.Last.Index;
            status.Active = true;
            status.Impaired = view.IsImpaired;
        }
        else if (view.Progress.FirstOrDefault(peer => peer.Member == member.Id) is { } progress)
        {
            status.Match = progress.Match;
            status.Active = progress.IsActive;
            status.Snapshot = progress.State == PeerState.Snapshot;
            status.Impaired = progress.IsImpaired;
        }

        return status;
    }

    private static MemberRole RoleOf(Role role, Member? member) => role switch
    {
        Role.Leader => MemberRole.Leader,
        Role.Candidate => MemberRole.Candidate,
        _ => member is { IsLearner: true } ? MemberRole.Learner : MemberRole.Follower,
    };

    private static DfsException Gone() => new(ErrorCode.Unavailable, "metadata server", "the metadata server is starting or stopping");
}
