namespace DfsNet.Consensus;

/// <summary>Which change of members is allowed, and what it makes of them.</summary>
internal static class MembershipRules
{
    public static Membership? Change(
        Membership members, MembershipChange change, Predicate<MemberId> hasCaughtUp, out MembershipRefusal refusal)
    {
        refusal = Judge(members, change, hasCaughtUp);
        return refusal != MembershipRefusal.None ? null : change switch
        {
            AddLearner add => new Membership(
                [.. members.Members, new Member(new MemberId(members.NextId), add.Address, IsLearner: true)], members.NextId + 1),
            PromoteLearner promote => Replace(members, promote.Member, member => member with { IsLearner = false }),
            MoveMember move => Replace(members, move.Member, member => member with { Address = move.Address }),
            RemoveMember remove => new Membership(members.Members.Where(member => member.Id != remove.Member), members.NextId),
            _ => null,
        };
    }

    private static MembershipRefusal Judge(Membership members, MembershipChange change, Predicate<MemberId> hasCaughtUp)
    {
        switch (change)
        {
            case AddLearner add when members.Members.Any(member => member.Address == add.Address):
                return MembershipRefusal.Exists;
            case AddLearner:
                return members.Members.Count < Membership.MembersMax ? MembershipRefusal.None : MembershipRefusal.TooMany;
            case PromoteLearner promote:
                return members.Find(promote.Member) switch
                {
                    null => MembershipRefusal.Unknown,
                    { IsLearner: false } => MembershipRefusal.Exists,
                    _ => hasCaughtUp(promote.Member) ? MembershipRefusal.None : MembershipRefusal.Lags,
                };
            case RemoveMember remove when members.Find(remove.Member) is null:
                return MembershipRefusal.Unknown;
            case RemoveMember remove:
                return members.Voters is [var last] && last == remove.Member ? MembershipRefusal.LastVoter : MembershipRefusal.None;
            case MoveMember move when members.Members.Any(member => member.Address == move.Address):
                return MembershipRefusal.Exists;
            case MoveMember move:
                return members.Find(move.Member) is null ? MembershipRefusal.Unknown : MembershipRefusal.None;
            default:
                return MembershipRefusal.Unknown;
        }
    }

    private static Membership Replace(Membership members, MemberId id, Func<Member, Member> change) =>
        new(members.Members.Select(member => member.Id == id ? change(member) : member), members.NextId);
}
