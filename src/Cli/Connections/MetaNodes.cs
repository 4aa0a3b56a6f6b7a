using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Errors;
using DfsNet.Protocol.Wire;
using Grpc.Core;

namespace DfsNet.Cli.Connections;

/// <summary>Asks metadata servers about themselves: any of them, or the one that leads.</summary>
internal sealed class MetaNodes(IReadOnlyList<string> addresses, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan AskTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ChangeTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeaderTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // These say that nothing was done.
    private static readonly ErrorCode[] Refusals = [ErrorCode.NotLeader, ErrorCode.Overloaded];

    // These do not, which is no matter for what may be done twice.
    private static readonly ErrorCode[] Silences = [.. Refusals, ErrorCode.Unavailable, ErrorCode.TimedOut, ErrorCode.OutcomeUnknown];

    private readonly GrpcConnections _connections = new();

    /// <summary>What one server says; null where it does not answer.</summary>
    public async Task<GetMembersReply?> FindAsync(string address, CancellationToken cancellation)
    {
        try
        {
            return await CallAsync(
                address,
                "ask",
                AskTime,
                (invoker, options) => new Members.MembersClient(invoker).GetMembersAsync(new GetMembersRequest(), options),
                cancellation)
                .ConfigureAwait(false);
        }
        catch (DfsException)
        {
            return null;
        }
    }

    /// <summary>What the leader says of all; where none is known, the newest word of any.</summary>
    /// <exception cref="CommandFailure">None of them answers.</exception>
    public async Task<(string Address, GetMembersReply Reply)> FindBestAsync(CancellationToken cancellation)
    {
        var asked = new Queue<string>(addresses);
        var known = new Dictionary<string, GetMembersReply?>(StringComparer.Ordinal);
        while (asked.TryDequeue(out string? address))
        {
            if (known.ContainsKey(address))
            {
                continue;
            }

            var reply = known[address] = await FindAsync(address, cancellation).ConfigureAwait(false);
            if (reply is { Role: MemberRole.Leader })
            {
                return (address, reply);
            }

            foreach (var member in reply?.Members ?? [])
            {
                asked.Enqueue(member.Address);
            }
        }

        var best = known.Where(pair => pair.Value is not null).MaxBy(pair => (pair.Value!.Term, pair.Value.CommitIndex));
        return best.Value is { } newest
            ? (best.Key, newest)
            : throw new CommandFailure($"no metadata server answers at {string.Join(", ", addresses)}");
    }

    /// <summary>Calls the leader, and waits for one where there is none.</summary>
    /// <exception cref="DfsException">What the leader answered, or that there was none in time.</exception>
    public Task<T> CallLeaderAsync<T>(
        string step, Func<Members.MembersClient, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellation) =>
        CallLeaderAsync(step, (invoker, options) => call(new Members.MembersClient(invoker), options), Refusals, cancellation);

    /// <summary>The same for what operators ask of the cluster: asked again when a leader ends in the middle of it.</summary>
    /// <param name="step">What is being done, for errors.</param>
    /// <param name="call">Starts the call.</param>
    /// <param name="cancellation">Ends the trying.</param>
    /// <param name="once">It may not be done twice.</param>
    /// <exception cref="DfsException">What the leader answered, or that there was none in time.</exception>
    public Task<T> OperateAsync<T>(
        string step, Func<Operation.OperationClient, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellation,
        bool once = false) => CallLeaderAsync(
            step, (invoker, options) => call(new Operation.OperationClient(invoker), options), once ? Refusals : Silences, cancellation);

    /// <summary>What the leader says of the cluster.</summary>
    public Task<GetStatusReply> GetStatusAsync(CancellationToken cancellation) => CallLeaderAsync(
        "get status",
        (invoker, options) => new Protocol.Wire.Metadata.MetadataClient(invoker).GetStatusAsync(new GetStatusRequest(), options),
        Silences,
        cancellation);

    /// <summary>Has every chunk and file checked; <paramref name="write"/> takes each piece.</summary>
    /// <exception cref="DfsException">What the leader answered, or that the stream broke.</exception>
    public async Task CheckFilesAsync(Func<CheckFilesPiece, Task> write, CancellationToken cancellation)
    {
        string address = await FindLeaderAsync(time.GetTimestamp(), cancellation).ConfigureAwait(false);
        try
        {
            using var call = new Operation.OperationClient(_connections.Control(address)).CheckFiles(
                new CheckFilesRequest(), new CallOptions(cancellationToken: cancellation));
            await foreach (var piece in call.ResponseStream.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                await write(piece).ConfigureAwait(false);
            }
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ErrorStatus.FromRpcException(error, "check files");
        }
    }

    private async Task<T> CallLeaderAsync<T>(
        string step, Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> call, ErrorCode[] passing, CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        while (true)
        {
            string address = await FindLeaderAsync(began, cancellation).ConfigureAwait(false);
            try
            {
                return await CallAsync(address, step, ChangeTime, call, cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (passing.Contains(error.Code) && !IsLate(began))
            {
                // It leads no more or not yet, or another change is on its way.
                await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Streams the leader's state; <paramref name="write"/> takes each piece.</summary>
    /// <exception cref="DfsException">What the leader answered, or that the stream broke.</exception>
    public async Task BackUpAsync(Func<BackupPiece, Task> write, CancellationToken cancellation)
    {
        string address = await FindLeaderAsync(time.GetTimestamp(), cancellation).ConfigureAwait(false);
        try
        {
            using var call = new Members.MembersClient(_connections.Control(address)).Backup(
                new BackupRequest(), new CallOptions(cancellationToken: cancellation));
            await foreach (var piece in call.ResponseStream.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                await write(piece).ConfigureAwait(false);
            }
        }
        catch (RpcException error)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ErrorStatus.FromRpcException(error, "back up");
        }
    }

    public void Dispose() => _connections.Dispose();

    /// <summary>Where the leader is; one is waited for, from <paramref name="began"/> on, as an election takes a moment.</summary>
    private async Task<string> FindLeaderAsync(long began, CancellationToken cancellation)
    {
        while (true)
        {
            var (address, reply) = await FindBestAsync(cancellation).ConfigureAwait(false);
            if (reply.Role == MemberRole.Leader)
            {
                return address;
            }

            if (IsLate(began))
            {
                throw new CommandFailure("the metadata servers have no leader: a majority of them must run and reach each other");
            }

            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    private bool IsLate(long began) => time.GetElapsedTime(began) > LeaderTime;

    private Task<T> CallAsync<T>(
        string address,
        string step,
        TimeSpan limit,
        Func<CallInvoker, CallOptions, AsyncUnaryCall<T>> call,
        CancellationToken cancellation) => BoundedCall.RunAsync(
            step, address, limit, time, options => call(_connections.Control(address), options), cancellation);
}
