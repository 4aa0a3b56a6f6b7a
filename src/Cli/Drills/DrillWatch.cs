using DfsNet.Client;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>Looks at what the leader says of the cluster until it is so.</summary>
internal sealed class DrillWatch(DfsClient files, TimeProvider time)
{
    // What the leader counts may be a second old.
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>How long after <paramref name="since"/> it was so; null when it was not, in time.</summary>
    public async Task<TimeSpan?> UntilAsync(
        long since, TimeSpan patience, Func<GetStatusReply, bool> isSo, CancellationToken cancellation)
    {
        while (true)
        {
            if (await FindStatusAsync(cancellation).ConfigureAwait(false) is { } status && isSo(status))
            {
                return time.GetElapsedTime(since);
            }

            if (time.GetElapsedTime(since) > patience)
            {
                return null;
            }

            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>How long after <paramref name="since"/> everything had its replicas, and stayed so.</summary>
    public async Task<TimeSpan?> UntilWholeAsync(long since, TimeSpan patience, CancellationToken cancellation)
    {
        while (true)
        {
            var whole = await UntilAsync(since, patience, IsWhole, cancellation).ConfigureAwait(false);
            long from = time.GetTimestamp();
            if (whole is null
                || await UntilAsync(from, Steady, status => !IsWhole(status), cancellation).ConfigureAwait(false) is null)
            {
                return whole;
            }
        }
    }

    /// <summary>Nothing is missing, and whoever is not dead is well.</summary>
    public static bool IsWhole(GetStatusReply status) =>
        status is { UnderReplicated: 0, Unavailable: 0, Repair: { MissingBytes: 0, Running: 0, Queued: 0 } }
        && status.Servers.All(server => server.State == ServerState.Dead || IsWell(server));

    public static bool IsWell(ServerStatus server) =>
        server.State == ServerState.Healthy && server.Volumes.All(volume => volume is { State: VolumeState.Healthy, Slow: false });

    private async Task<GetStatusReply?> FindStatusAsync(CancellationToken cancellation)
    {
        try
        {
            return await files.GetStatusAsync(cancellation).ConfigureAwait(false);
        }
        catch (DfsException)
        {
            // Without a leader for longer than a call may take: nothing is known.
            return null;
        }
    }
}
