using System.Globalization;
using DfsNet.Cli.Output;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Connections;

/// <summary>Changes of the metadata servers, by number or address.</summary>
internal sealed class MetaChanges(MetaNodes nodes)
{
    public async Task<MetaChangeFacts> AddAsync(string address, CancellationToken cancellation)
    {
        var reply = await nodes.CallLeaderAsync(
            "add a metadata server",
            (client, options) => client.AddMemberAsync(new AddMemberRequest { Address = address }, options),
            cancellation).ConfigureAwait(false);
        return new MetaChangeFacts("added", reply.Member, address);
    }

    public async Task<MetaChangeFacts> RemoveAsync(string node, CancellationToken cancellation)
    {
        var member = await FindAsync(node, cancellation).ConfigureAwait(false);
        await nodes.CallLeaderAsync(
            "remove a metadata server",
            (client, options) => client.RemoveMemberAsync(new RemoveMemberRequest { Member = member.Member }, options),
            cancellation).ConfigureAwait(false);
        return new MetaChangeFacts("removed", member.Member, member.Address);
    }

    public async Task<MetaChangeFacts> TransferAsync(string node, CancellationToken cancellation)
    {
        ulong wanted = node.Length == 0 ? 0 : (await FindAsync(node, cancellation).ConfigureAwait(false)).Member;
        var reply = await nodes.CallLeaderAsync(
            "hand over leadership",
            (client, options) => client.TransferLeadershipAsync(new TransferLeadershipRequest { Member = wanted }, options),
            cancellation).ConfigureAwait(false);
        var member = await FindAsync(reply.Member.ToString(CultureInfo.InvariantCulture), cancellation).ConfigureAwait(false);
        return new MetaChangeFacts("handed leadership to", member.Member, member.Address);
    }

    /// <summary>
    /// The lost one goes first: where it has the address of the new one there is no other way, and its vote is lost anyhow.
    /// </summary>
    public async Task<MetaChangeFacts> ReplaceAsync(string node, string address, CancellationToken cancellation)
    {
        var (_, view) = await nodes.FindBestAsync(cancellation).ConfigureAwait(false);
        var lost = Find(view, node);
        string place = address.Length == 0 ? lost?.Address ?? "" : address;
        if (lost is { Active: true, Diverged: false } && view.Role == MemberRole.Leader && lost.Impaired == false)
        {
            throw new CommandFailure(
                $"metadata node {lost.Member} at {lost.Address} is well: stop it before it is replaced, or remove it and add another one");
        }

        if (lost is null && place.Length == 0)
        {
            throw NotFound(node);
        }

        if (lost is not null)
        {
            await RemoveAsync(lost.Member.ToString(CultureInfo.InvariantCulture), cancellation).ConfigureAwait(false);
        }

        // Said again after a cut: the lost one is gone already.
        var added = await AddAsync(place, cancellation).ConfigureAwait(false);
        return added with { Change = $"replaced {node} by" };
    }

    public Task ProtectAsync(bool isProtected, CancellationToken cancellation) => nodes.CallLeaderAsync(
        "change the protection",
        (client, options) => client.ProtectAsync(new ProtectRequest { Protected = isProtected }, options),
        cancellation);

    /// <summary>The level that the cluster has now.</summary>
    public async Task<uint> FinalizeAsync(CancellationToken cancellation)
    {
        var reply = await nodes.CallLeaderAsync(
            "finalize the feature level",
            (client, options) => client.FinalizeFeatureLevelAsync(new FinalizeFeatureLevelRequest(), options),
            cancellation).ConfigureAwait(false);
        return reply.FeatureLevel;
    }

    private async Task<MemberStatus> FindAsync(string node, CancellationToken cancellation) =>
        Find((await nodes.FindBestAsync(cancellation).ConfigureAwait(false)).Reply, node) ?? throw NotFound(node);

    private static MemberStatus? Find(GetMembersReply view, string node) => view.Members.FirstOrDefault(
        member => member.Address == node || member.Member.ToString(CultureInfo.InvariantCulture) == node);

    private static CommandFailure NotFound(string node) =>
        new($"there is no metadata server {Names.Printable(node)}; 'dfs admin meta status' shows all");
}
