using DfsNet.Protocol;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Data;

/// <summary>
/// Finds out what of a failed chain is to be avoided: the server the error names, or its volume where the disk failed, else the head; after
/// mere silence, whoever does not answer.
/// </summary>
internal sealed class ChainDiagnosis(IConnections connections, FailedPlaces failed, TimeProvider time)
{
    public async Task BlameAsync(DfsException failure, IReadOnlyList<ChainMember> chain, CancellationToken cancellation)
    {
        switch (failure.Code)
        {
            case ErrorCode.SessionEnded:
                break;
            case ErrorCode.TimedOut when failure.ServerId == 0:
                await Task.WhenAll(chain.Select(member => ProbeAsync(member, cancellation))).ConfigureAwait(false);
                break;
            default:
                failed.Add(PlaceOf(failure, chain));
                break;
        }
    }

    /// <summary>Without a volume: the whole server.</summary>
    public static ReplicaPlace PlaceOf(DfsException failure, IReadOnlyList<ChainMember> chain)
    {
        ulong server = failure.ServerId != 0 ? failure.ServerId : chain[0].ServerId;
        ulong volume = failure.Side == FailedSide.Disk ? chain.FirstOrDefault(member => member.ServerId == server)?.VolumeId ?? 0 : 0;
        return new ReplicaPlace(new ServerId(server), new VolumeId(volume));
    }

    /// <summary>Whether a member of a chain answers at all.</summary>
    public Task<bool> AnswersAsync(ChainMember member, CancellationToken cancellation) =>
        ServerProbe.AnswersAsync(connections, member.Address, time, cancellation);

    private async Task ProbeAsync(ChainMember member, CancellationToken cancellation)
    {
        if (!await AnswersAsync(member, cancellation).ConfigureAwait(false))
        {
            failed.AddServer(member.ServerId);
        }
    }
}
