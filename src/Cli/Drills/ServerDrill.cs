using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Drills;

/// <summary>A state of the struck server that the leader has to come to know.</summary>
/// <param name="What">Such as "suspect".</param>
/// <param name="Bound">How soon.</param>
/// <param name="IsSo">Whether the leader says so.</param>
internal sealed record DrillSign(string What, Func<DrillBounds, TimeSpan> Bound, Func<ServerStatus, bool> IsSo);

/// <summary>A fault of a chunk server that is in use: how soon it is known, what users notice, how soon all is whole again.</summary>
internal sealed class ServerDrill(
    string name,
    string what,
    StrikeRequest strike,
    IReadOnlyList<DrillSign> signs,
    Func<DrillBounds, TimeSpan> read,
    Func<DrillBounds, TimeSpan> write) : IDrill
{
    // A sign that comes too late is still measured.
    private const int PatienceFactor = 4;

    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    public string Name => name;

    public string What => what;

    public async Task<DrillScore> RunAsync(DrillStage stage, CancellationToken cancellation)
    {
        var target = await ChooseAsync(stage, cancellation).ConfigureAwait(false);
        var checks = new List<DrillCheck>();
        var remarks = new List<string>();
        stage.Load.Restart();
        ulong life = await stage.Strikes.StrikeAsync(target.Address, strike, cancellation).ConfigureAwait(false);
        long since = stage.Time.GetTimestamp();
        foreach (var sign in signs)
        {
            var bound = sign.Bound(stage.Bounds);
            var (known, hasReturned) = await UntilKnownAsync(stage, target, life, sign, since, cancellation).ConfigureAwait(false);
            if (hasReturned)
            {
                remarks.Add($"it was started again before it could be {sign.What}");
                break;
            }

            checks.Add(DrillCheck.Time($"{sign.What} after", known, bound));
        }

        var left = TimeSpan.FromMilliseconds(strike.DurationMs) - stage.Time.GetElapsedTime(since);
        await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, stage.Time, cancellation).ConfigureAwait(false);
        var whole = await stage.Watch.UntilWholeAsync(since, stage.Bounds.Whole, cancellation).ConfigureAwait(false);
        var noticed = await stage.Load.TakeAsync(cancellation).ConfigureAwait(false);
        checks.Add(DrillCheck.Time("slowest read", noticed.SlowestRead, read(stage.Bounds)));
        checks.Add(DrillCheck.Time("slowest write", noticed.SlowestWrite, write(stage.Bounds)));
        checks.Add(DrillCheck.Time("whole again after", whole, stage.Bounds.Whole));
        noticed.AddLosses(checks, remarks);
        if (await FindLifeAsync(stage, target.Address, cancellation).ConfigureAwait(false) is null)
        {
            remarks.Add("it has not been started again: start it");
        }

        return new DrillScore(name, target.Address, checks, remarks);
    }

    /// <summary>
    /// Waits for a sign as long as the server is not another one that was started in its place. It is asked beside the watching: a frozen
    /// one answers late, or never.
    /// </summary>
    private static async Task<(TimeSpan? Known, bool HasReturned)> UntilKnownAsync(
        DrillStage stage, ServerStatus target, ulong life, DrillSign sign, long since, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var asking = FindLifeAsync(stage, target.Address, ending.Token);
        try
        {
            while (stage.Time.GetElapsedTime(since) < sign.Bound(stage.Bounds) * PatienceFactor)
            {
                var known = await stage.Watch.UntilAsync(
                    since, stage.Time.GetElapsedTime(since) + AskInterval, status => sign.IsSo(Find(status, target)), cancellation)
                    .ConfigureAwait(false);
                if (known is not null)
                {
                    return (known, false);
                }

                if (asking.IsCompleted)
                {
                    if (await asking.ConfigureAwait(false) is { } now && now != life)
                    {
                        return (null, true);
                    }

                    asking = FindLifeAsync(stage, target.Address, ending.Token);
                }
            }

            return (null, false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The server that has most of what the load reads and writes: its loss is noticed.</summary>
    private static async Task<ServerStatus> ChooseAsync(DrillStage stage, CancellationToken cancellation)
    {
        var held = new Dictionary<ulong, int>();
        foreach (string path in stage.Load.OpenPaths.Prepend(stage.Load.Content.Path))
        {
            var layout = await stage.Files.LocateAsync(path, cancellation).ConfigureAwait(false);
            foreach (var replica in layout.Chunks.SelectMany(chunk => chunk.Replicas))
            {
                held[replica.ServerId] = held.GetValueOrDefault(replica.ServerId) + 1;
            }
        }

        var status = await stage.Files.GetStatusAsync(cancellation).ConfigureAwait(false);
        return await stage.Guard.RequireBearableAsync(
            status.Servers.Where(server => DrillWatch.IsWell(server) && held.ContainsKey(server.ServerId))
                .OrderByDescending(server => held[server.ServerId]).ThenBy(server => server.ServerId),
            cancellation).ConfigureAwait(false);
    }

    private static ServerStatus Find(GetStatusReply status, ServerStatus target) =>
        status.Servers.FirstOrDefault(server => server.ServerId == target.ServerId) ?? new ServerStatus();

    /// <summary>Null while it does not answer.</summary>
    private static async Task<ulong?> FindLifeAsync(DrillStage stage, string address, CancellationToken cancellation)
    {
        try
        {
            return await stage.Strikes.AskAsync(address, cancellation).ConfigureAwait(false);
        }
        catch (DfsException)
        {
            return null;
        }
    }
}
