using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Commands;

/// <summary>
/// Registers a chunk server, or takes its new address, domain and volumes. A repeated call (the same nonce) registers one server.
/// </summary>
internal static class RegisterServerRules
{
    // A host name has at most 253 bytes, a port 5; a domain is a label of the operator's.
    private const int AddressLengthMax = 300;

    // More directories than any machine has disks.
    private const int VolumesMax = 256;

    public static CommandResult Apply(CommandContext context, RegisterServer command)
    {
        if (command.Nonce == 0 || command.Address.Length is 0 or > AddressLengthMax || command.Domain.Length > AddressLengthMax)
        {
            throw Refusal.Because(ErrorCode.InvalidArgument, "a server needs a nonce, an address, and a domain of bounded length");
        }

        var server = Find(context, command);
        var record = context.State.Get(Keys.Server(server)) ?? new ServerRecord { Nonce = command.Nonce };
        record.Address = command.Address;
        record.Domain = command.Domain;
        var volumes = record.VolumeIds.Concat(command.VolumeIds).Distinct().Order().ToList();
        if (volumes.Count > VolumesMax)
        {
            throw Refusal.Because(ErrorCode.LimitExceeded, $"{volumes.Count} volumes of one server, {VolumesMax} is the most");
        }

        record.VolumeIds.Clear();
        record.VolumeIds.AddRange(volumes);
        context.State.Put(Keys.Server(server), record);
        context.State.Put(Keys.ServerNonce(command.Nonce), new NonceRecord { Id = server.Value });
        context.Announce(new ServerRegistered(server));
        return new CommandResult { ServerId = server.Value };
    }

    private static ServerId Find(CommandContext context, RegisterServer command)
    {
        var known = context.State.Get(Keys.ServerNonce(command.Nonce));
        if (command.ServerId == 0)
        {
            return new ServerId(known?.Id ?? context.Counters.NextServer++);
        }

        return known?.Id == command.ServerId
            ? new ServerId(command.ServerId)
            : throw Refusal.Because(
                ErrorCode.Refused, $"server {command.ServerId} is not known with this nonce: it belongs to another cluster");
    }
}
