using DfsNet.MetaServer.Replication;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Services;

/// <summary>Puts what operators order into the log, where the cluster's level allows it.</summary>
internal sealed class OperatorOrders(IStateStore store, Proposer proposer)
{
    /// <exception cref="DfsException">Unsupported at the cluster's level; what the order was refused with.</exception>
    public async Task<CommandResult> GiveAsync(Command order, string step, CancellationToken cancellation)
    {
        RequireLevel(step);
        var result = (await proposer.ProposeAsync(order, cancellation).ConfigureAwait(false)).Result;
        return result.Error == ErrorCode.Unspecified ? result : throw new DfsException(result.Error, step, result.Message);
    }

    public void RequireLevel(string step)
    {
        if (StateReader.Cluster(store)!.FeatureLevel < FeatureLevels.Repair)
        {
            throw new DfsException(ErrorCode.Unsupported, step, FeatureLevels.NotYet);
        }
    }
}
