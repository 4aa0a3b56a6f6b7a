using System.Threading.Channels;
using DfsNet.ChunkServer.Connections;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// Tells one metadata server all replicas, page by page in order of chunk id, whenever it is wanted. A page
/// that was not answered is sent again from the same place; the far side may ask to begin anew. One that does not lead is told nothing.
/// </summary>
internal sealed partial class FullReport(
    MetadataLink link,
    Membership membership,
    VolumeSet volumes,
    OrderExecutor orders,
    int pageSize,
    TimeProvider time,
    ILogger<FullReport> log)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private ulong _sequence;

    /// <summary>Asks for a report; asking again while one waits to begin changes nothing.</summary>
    public void Want() => _wanted.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (bool _ in _wanted.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            try
            {
                await SendAsync(cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (error.Code == ErrorCode.NotLeader)
            {
                // When it leads it begins with nothing: it has this server register again, and a report follows that.
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellation)
    {
        ulong sequence = ++_sequence;
        var after = new ChunkId(0);
        long replicas = 0;
        while (true)
        {
            var (page, last) = ReportPages.After(after, volumes, pageSize);
            var reply = await SendPageAsync(sequence, after, page, last, cancellation).ConfigureAwait(false);
            if (reply is null)
            {
                continue;
            }

            orders.Submit(reply.Orders);
            if (reply.Restart)
            {
                // Paced, in case the far side loses its place again and again.
                await Task.Delay(RetryPause, time, cancellation).ConfigureAwait(false);
                sequence = ++_sequence;
                after = new ChunkId(0);
                replicas = 0;
                continue;
            }

            replicas += page.Count;
            if (last)
            {
                Reported(replicas, link.Address);
                return;
            }

            after = new ChunkId(page[^1].ChunkId);
        }
    }

    private async Task<ReportChunksReply?> SendPageAsync(
        ulong sequence, ChunkId after, List<ReplicaReport> page, bool last, CancellationToken cancellation)
    {
        var request = new ReportChunksRequest
        {
            ServerId = membership.Identity.Server.Value,
            BootId = membership.BootId,
            Sequence = sequence,
            After = after.Value,
            Replicas = { page },
            Last = last,
        };
        try
        {
            return await link.ReportAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (DfsException error) when (error.Code != ErrorCode.NotLeader)
        {
            PageFailed(after, link.Address, error.Code, error.Message);
        }

        await Task.Delay(RetryPause, time, cancellation).ConfigureAwait(false);
        return null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Reported {Replicas} replicas to {Address}")]
    private partial void Reported(long replicas, string address);

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "The page of a report after chunk {After} was not answered by {Address}: {Code}, {Reason}")]
    private partial void PageFailed(ChunkId after, string address, ErrorCode code, string reason);
}
