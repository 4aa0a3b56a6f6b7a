using DfsNet.Protocol.Wire;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>Everything that keeps one metadata server informed.</summary>
internal sealed class MetaTie(
    FullReport report, HeartbeatLoop heartbeat, PendingChanges pending, Wake wake, Announcements announcements, TimeSpan interval,
    TimeProvider time)
{
    /// <summary>
    /// Begins with a full report; runs until cancelled, or until this server is told that it is not who it believes to be: that is thrown.
    /// </summary>
    /// <param name="answered">Hears each answer to a heartbeat.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Action<HeartbeatReply> answered, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        announcements.Join(pending, wake);
        report.Want();
        var tick = time.CreateTimer(static state => ((Wake)state!).Now(), wake, TimeSpan.Zero, interval);
        await using (tick.ConfigureAwait(false))
        {
            Task[] loops = [heartbeat.RunAsync(answered, over.Token), report.RunAsync(over.Token)];
            var first = await Task.WhenAny(loops).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            announcements.Leave(pending);
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await first.ConfigureAwait(false);
        }
    }
}
