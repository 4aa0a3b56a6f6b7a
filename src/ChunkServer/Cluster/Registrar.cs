using DfsNet.ChunkServer.Connections;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// Registers this server: asks one metadata server after the other, with growing pauses, for as long as none is there. Being refused is
/// final only after a while, because a server that was killed and started again is refused until its former self is dead.
/// </summary>
internal sealed partial class Registrar(
    Membership membership,
    Func<string, MetadataLink> linkTo,
    ChunkServerOptions options,
    TimeProvider time,
    Random random,
    ILogger<Registrar> log)
{
    // Longer than the ten seconds of silence that make the former process dead.
    private static readonly TimeSpan RefusalPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);

    // Where the leader is, in the words of one that does not lead.
    private string _leader = "";

    /// <summary>Returns when a metadata server has taken us in. Throws WRONG_CLUSTER at once, REFUSED when it stays so.</summary>
    public async Task RegisterAsync(CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        var pause = PauseMin;
        while (true)
        {
            foreach (string address in options.MetaServers)
            {
                if (await TryAsync(linkTo(address), began, cancellation).ConfigureAwait(false))
                {
                    return;
                }
            }

            if (_leader.Length > 0 && !options.MetaServers.Contains(_leader, StringComparer.Ordinal)
                && await TryAsync(linkTo(_leader), began, cancellation).ConfigureAwait(false))
            {
                return;
            }

            // Half of it at random, so that servers which started together do not return together.
            await Task.Delay(pause * (0.5 + (random.NextDouble() / 2)), time, cancellation).ConfigureAwait(false);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, options.RegisterPauseMax.Ticks));
        }
    }

    private async Task<bool> TryAsync(MetadataLink link, long began, CancellationToken cancellation)
    {
        try
        {
            await RegisterAtAsync(link, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (DfsException error) when (error.Code == ErrorCode.WrongCluster
            || (error.Code == ErrorCode.Refused && time.GetElapsedTime(began) > RefusalPatience))
        {
            throw;
        }
        catch (DfsException error) when (error.Code is ErrorCode.StaleOrder or ErrorCode.Refused)
        {
            RegistrationRefused(link.Address, error.Message);
        }
        catch (DfsException error)
        {
            _leader = error.Leader.Length > 0 ? error.Leader : _leader;
            RegistrationFailed(link.Address, error.Code, error.Message);
        }

        return false;
    }

    /// <summary>Registers at one metadata server, once.</summary>
    public async Task RegisterAtAsync(MetadataLink link, CancellationToken cancellation)
    {
        var reply = await link.RegisterAsync(membership.Registration(), cancellation).ConfigureAwait(false);
        await membership.AdoptAsync(reply, link.Address).ConfigureAwait(false);
        Registered(membership.Identity.Server.Value, membership.Identity.Cluster.Value, link.Address);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Registered as server {Server} of cluster {Cluster:x16} at {Address}")]
    private partial void Registered(ulong server, ulong cluster, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Could not register at {Address} yet: {Code}, {Reason}")]
    private partial void RegistrationFailed(string address, ErrorCode code, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Registration at {Address} was refused: {Reason}")]
    private partial void RegistrationRefused(string address, string reason);
}
