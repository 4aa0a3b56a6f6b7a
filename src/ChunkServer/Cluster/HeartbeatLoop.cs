using DfsNet.ChunkServer.Connections;
using DfsNet.ChunkServer.Maintenance;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// Keeps one metadata server informed: heartbeats, the full report when it is wanted, registration when it does not know us.
/// </summary>
internal sealed partial class HeartbeatLoop(
    MetadataLink link,
    Membership membership,
    Registrar registrar,
    VolumeGauges gauges,
    FullReport fullReport,
    PendingChanges pending,
    Wake wake,
    OrderExecutor orders,
    Scrubbing scrubbing,
    ServerLoad load,
    TimeProvider time,
    ILogger<HeartbeatLoop> log)
{
    // Many orders may finish one after the other; their confirmations then share heartbeats.
    private static readonly TimeSpan GapMin = TimeSpan.FromMilliseconds(10);

    // One that does not lead throws away what it is told.
    private bool _leads = true;
    private bool _wasBehind;
    private bool _wasSilent;

    /// <summary>Runs until cancelled; throws when this server is told that it is not who it believes to be.</summary>
    /// <param name="answered">Hears each answer; of one that was rolled back it hears nobody's name.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Action<HeartbeatReply> answered, CancellationToken cancellation)
    {
        while (true)
        {
            await wake.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                answered(await BeatAsync(cancellation).ConfigureAwait(false));
                Answered();
            }
            catch (DfsException error) when (error.Code != ErrorCode.WrongCluster)
            {
                Silent(error);
            }

            await Task.Delay(GapMin, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<HeartbeatReply> BeatAsync(CancellationToken cancellation)
    {
        var heartbeat = new HeartbeatRequest
        {
            ServerId = membership.Identity.Server.Value,
            BootId = membership.BootId,
            Sequence = membership.NextHeartbeat(),
            Volumes = { gauges.Statuses() },
            ActiveAppends = (uint)load.Appends(),
            ActiveReads = (uint)load.Reads(),
            FailedVolumes = { gauges.Failed().Select(volume => volume.Value) },
        };
        bool more = !_leads || pending.Fill(heartbeat);
        var reply = await link.HeartbeatAsync(heartbeat, cancellation).ConfigureAwait(false);
        _leads = !reply.NotLeader;
        if (reply.NotLeader)
        {
            return reply;
        }

        if (!IsPresent(reply))
        {
            reply.MetaServers.Clear();
            return reply;
        }

        if (reply.RegisterWanted)
        {
            // What it was told it has not kept: the registration is followed by a full report.
            await registrar.RegisterAtAsync(link, cancellation).ConfigureAwait(false);
            fullReport.Want();
            wake.Now();
            return reply;
        }

        pending.Answered(heartbeat);
        orders.Submit(reply.Orders);
        scrubbing.Request(reply.Scrub);
        if (reply.ReportWanted || pending.TakeOverflow())
        {
            fullReport.Want();
        }

        if (more)
        {
            wake.Now();
        }

        return reply;
    }

    /// <summary>
    /// A metadata server that stands behind what any told us before may merely follow late; one
    /// that gives orders from there was rolled back.
    /// </summary>
    private bool IsPresent(HeartbeatReply reply)
    {
        if (membership.Seen.Accept(new HistoryPoint(reply.Incarnation, reply.AppliedIndex)))
        {
            _wasBehind = false;
            return true;
        }

        if (!_wasBehind)
        {
            _wasBehind = true;
            var furthest = membership.Seen.Furthest;
            RolledBack(link.Address, reply.Incarnation, reply.AppliedIndex, furthest.Incarnation, furthest.Index);
        }

        return false;
    }

    private void Answered()
    {
        if (_wasSilent)
        {
            _wasSilent = false;
            ReachedAgain(link.Address);
        }
    }

    private void Silent(DfsException error)
    {
        if (!_wasSilent)
        {
            _wasSilent = true;
            HeartbeatFailed(link.Address, error.Code, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Heartbeat to {Address} failed, more failures are not logged: {Code}, {Reason}")]
    private partial void HeartbeatFailed(string address, ErrorCode code, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Heartbeats reached {Address} again")]
    private partial void ReachedAgain(string address);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Metadata server {Address} stood at {Incarnation}/{Index}, behind {SeenIncarnation}/{SeenIndex}: "
            + "rolled back or late, it was not obeyed")]
    private partial void RolledBack(string address, ulong incarnation, ulong index, ulong seenIncarnation, ulong seenIndex);
}
