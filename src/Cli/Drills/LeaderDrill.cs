using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>The metadata server that leads is killed.</summary>
internal sealed class LeaderDrill : IDrill
{
    private const int PatienceFactor = 10;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReturnMax = TimeSpan.FromSeconds(30);

    public string Name => "leader";

    public string What => "the metadata server that leads is killed (SIGKILL)";

    public async Task<DrillScore> RunAsync(DrillStage stage, CancellationToken cancellation)
    {
        var (address, term) = await stage.Guard.RequireLeaderAsync(cancellation).ConfigureAwait(false);
        stage.Load.Restart();
        await stage.Strikes.StrikeAsync(address, new StrikeRequest { Fault = DrillFault.Kill }, cancellation).ConfigureAwait(false);
        long since = stage.Time.GetTimestamp();
        var led = await UntilLedAsync(stage, term, since, cancellation).ConfigureAwait(false);
        var whole = await stage.Watch.UntilWholeAsync(since, stage.Bounds.Whole, cancellation).ConfigureAwait(false);
        var noticed = await stage.Load.TakeAsync(cancellation).ConfigureAwait(false);
        var checks = new List<DrillCheck>
        {
            DrillCheck.Time("another leads after", led, stage.Bounds.Failover),
            DrillCheck.Time("slowest read", noticed.SlowestRead, stage.Bounds.ReadWhileStuck),
            DrillCheck.Time("slowest write", noticed.SlowestWrite, stage.Bounds.Failover),
            DrillCheck.Time("slowest change of a name", noticed.SlowestName, stage.Bounds.Failover),
            DrillCheck.Time("whole again after", whole, stage.Bounds.Whole),
        };
        var remarks = new List<string>();
        noticed.AddLosses(checks, remarks);
        if (!await ReturnsAsync(stage, address, cancellation).ConfigureAwait(false))
        {
            remarks.Add("it has not been started again: start it");
        }

        return new DrillScore(Name, address, checks, remarks);
    }

    private static async Task<TimeSpan?> UntilLedAsync(DrillStage stage, ulong term, long since, CancellationToken cancellation)
    {
        while (stage.Time.GetElapsedTime(since) < stage.Bounds.Failover * PatienceFactor)
        {
            var (_, view) = await stage.Nodes.FindBestAsync(cancellation).ConfigureAwait(false);
            if (view.Role == MemberRole.Leader && view.Term > term)
            {
                return stage.Time.GetElapsedTime(since);
            }

            await Task.Delay(Look, stage.Time, cancellation).ConfigureAwait(false);
        }

        return null;
    }

    private static async Task<bool> ReturnsAsync(DrillStage stage, string address, CancellationToken cancellation)
    {
        long began = stage.Time.GetTimestamp();
        while (await stage.Nodes.FindAsync(address, cancellation).ConfigureAwait(false) is null)
        {
            if (stage.Time.GetElapsedTime(began) > ReturnMax)
            {
                return false;
            }

            await Task.Delay(Look, stage.Time, cancellation).ConfigureAwait(false);
        }

        return true;
    }
}
