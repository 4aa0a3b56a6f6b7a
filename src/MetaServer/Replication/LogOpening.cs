using DfsNet.Consensus;
using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Replication;

/// <summary>
/// Opens the log of a data directory: founds it, or finds it whole, or, where others can repair it, lays a damaged one aside and begins
/// behind what the store has applied.
/// </summary>
internal sealed partial class LogOpening(
    IDisk disk, DataDirectory directory, Founding founding, StorageBudget budget, TimeProvider time, ILogger<LogOpening> logger)
{
    /// <exception cref="DfsException">Corrupt: damaged, and nobody else has what is lost.</exception>
    public async Task<RaftLog> OpenAsync(LogPoint applied, Membership members, CancellationToken cancellation)
    {
        bool hasPeers = directory.Identity.HasPeers || members.Voters.Count > 1;
        try
        {
            return await OpenWholeAsync(applied, cancellation).ConfigureAwait(false);
        }
        catch (JournalDamagedException error) when (!hasPeers)
        {
            throw new DfsException(ErrorCode.Corrupt, "command log: open", error.Message, error);
        }
        catch (DfsException error) when (error.Code == ErrorCode.Corrupt && hasPeers)
        {
            return await BeginAnewAsync(applied, error, cancellation).ConfigureAwait(false);
        }
        catch (JournalDamagedException error)
        {
            return await BeginAnewAsync(applied, error, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<RaftLog> OpenWholeAsync(LogPoint applied, CancellationToken cancellation)
    {
        var identity = directory.Identity;
        var log = await OpenAsync(identity, applied, mustExist: identity.IsBegun, cancellation).ConfigureAwait(false);
        bool isWhole = false;
        try
        {
            await FoundAsync(log, applied).ConfigureAwait(false);
            isWhole = true;
            return log;
        }
        finally
        {
            if (!isWhole)
            {
                await log.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task FoundAsync(RaftLog log, LogPoint applied)
    {
        var identity = directory.Identity;
        bool founds = identity.Founding != 0;
        if (identity.IsBegun)
        {
            log.Replayed.RequireWhole();
            if ((founds || applied.Index > 0) && !identity.IsImpaired && log.Replayed.IsEmpty)
            {
                throw LogEntryFormat.Corrupt(
                    applied.Index == 0
                        ? "log and store are both empty, but the directory was in use before"
                        : $"it is empty, but the store has applied entry {applied.Index}");
            }

            return;
        }

        if (founds && log.Replayed.IsEmpty)
        {
            var first = founding.FirstEntry();
            log.Found(first, await log.AppendAsync(first).ConfigureAwait(false));
        }

        await directory.ChangeAsync(identity with { IsBegun = true }).ConfigureAwait(false);
    }

    /// <summary>The damaged log stays where it is, for people to look at, until what it held is here again.</summary>
    private async Task<RaftLog> BeginAnewAsync(LogPoint applied, Exception damage, CancellationToken cancellation)
    {
        LaidAside(directory.Identity.LogDirectory, damage.Message);
        var identity = directory.Identity with { IsImpaired = true, LogNumber = directory.Identity.LogNumber + 1 };
        var log = await OpenAsync(identity, applied, mustExist: false, cancellation).ConfigureAwait(false);
        if (applied.Index > 0)
        {
            await log.BeginAnewAsync(applied).ConfigureAwait(false);
        }

        await directory.ChangeAsync(identity).ConfigureAwait(false);
        return log;
    }

    private Task<RaftLog> OpenAsync(NodeIdentity identity, LogPoint applied, bool mustExist, CancellationToken cancellation) =>
        RaftLog.OpenAsync(
            disk,
            new RaftLogOptions(identity.LogDirectory, identity.Directory, mustExist, budget.SegmentBytes),
            time,
            applied,
            cancellation);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The command log in {Directory} is damaged and was laid aside; this server does not vote before its peers have repaired "
            + "what it lost: {Damage}")]
    private partial void LaidAside(string directory, string damage);
}
