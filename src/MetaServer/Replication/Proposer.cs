using DfsNet.MetaServer.State;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Replication;

/// <summary>A leader's way into the log, for the length of one term.</summary>
internal sealed class Proposer(
    Mailbox mailbox, Replica replica, ulong term, SpaceWatch space, TimeProvider time, MetaServerOptions options)
{
    // A commit of 1,000 slices is about 50 KB; what is larger than this is no command of ours.
    private const int CommandBytesMax = 1024 * 1024;

    public ulong Term => term;

    /// <summary>
    /// Returns when the command is durable on a majority and applied; its own refusal is in the result. The error of a call that ends early
    /// (time, cancellation, a stop, another leader) leaves open whether it takes effect: sent again under the same request id it does so
    /// once.
    /// </summary>
    public async Task<Committed> ProposeAsync(Command command, CancellationToken cancellation)
    {
        space.Admit(command);
        command.StampUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        int size = command.CalculateSize();
        if (size > CommandBytesMax)
        {
            throw new DfsException(ErrorCode.LimitExceeded, "submit", $"a command of {size} bytes is larger than {CommandBytesMax}");
        }

        byte[] body = new byte[size];
        command.WriteTo(body.AsSpan());
        if (command.KindCase == Command.KindOneofCase.Client)
        {
            // A newer client's field that this program does not know would stop every server that applies it.
            command = LogEntryFormat.TryReadCommand(body) ?? throw new DfsException(
                ErrorCode.Unsupported, "submit", "the client's program is newer than this metadata server: upgrade the servers first");
        }

        var proposal = new Proposal(term, command, body);
        mailbox.Post(proposal);
        return await PatientlyAsync(proposal.Done, "the command log did not answer in time", cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// A read that begins after this sees every command acknowledged before: what was acknowledged is applied here, and nobody else leads.
    /// </summary>
    public ValueTask ReadBarrierAsync(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellation);
        }

        return replica.HasLease ? ValueTask.CompletedTask : new ValueTask(AskAsync(cancellation));
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        const string Late = "a majority of the metadata servers did not confirm the leader in time";
        await PatientlyAsync(mailbox.PostRead(), Late, cancellation).ConfigureAwait(false);
    }

    private async Task PatientlyAsync(Task task, string late, CancellationToken cancellation)
    {
        try
        {
            await task.WaitAsync(options.CallTimeMax, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            throw new DfsException(ErrorCode.TimedOut, "submit", late, error);
        }
    }

    private async Task<T> PatientlyAsync<T>(Task<T> task, string late, CancellationToken cancellation)
    {
        await PatientlyAsync((Task)task, late, cancellation).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }
}
