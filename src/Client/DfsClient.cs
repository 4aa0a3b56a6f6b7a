using System.Runtime.CompilerServices;
using DfsNet.Client.Data;
using DfsNet.Client.Metadata;
using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DfsNet.Client;

/// <summary>
/// A client of a DfsNet file system. Safe for concurrent use; make one per process and dispose it at the end.
/// Paths are absolute ("/a/b"), valid UTF-8, at most 4,096 bytes, with names of 1 to 255 bytes.
/// Every failure of the file system is a <see cref="DfsException"/> whose <see cref="DfsException.Code"/> says what went wrong. A call that
/// gets no answer ends with TimedOut or Unavailable after <see cref="DfsClientOptions.CallTimeout"/>: a change it asked for may then have
/// happened or not, and so may one that ends with OutcomeUnknown.
/// </summary>
public sealed class DfsClient : IAsyncDisposable
{
    private readonly MetadataConnection _connection;
    private readonly SessionHolder _sessions;
    private readonly FileAccess _files;
    private readonly Names _names;
    private readonly IAsyncDisposable? _owned;

    private DfsClient(
        DfsClientOptions options,
        IConnections connections,
        IBulkTransport transport,
        TimeProvider time,
        Random random,
        ILoggerFactory logs,
        IAsyncDisposable? owned)
    {
        var jitter = new Jitter(random);
        var times = new VolumeTimes(time);
        var ratings = new ReplicaRatings(options.HostName, times, time, jitter);
        _connection = new MetadataConnection(options, connections, time, jitter);
        _sessions = new SessionHolder(_connection, options, connections, transport, times, time, logs);
        var calls = new ChunkCalls(connections, _connection, ratings);
        var reader = new ChunkReader(
            transport, calls, new ChecksumCache(calls, ratings), ratings, new Hedging(options.HedgedReads, time), time);
        _names = new Names(_connection, _sessions);
        _files = new FileAccess(_connection, _sessions, _names, reader, options);
        _owned = owned;
    }

    /// <summary>Connects to a file system over the network.</summary>
    /// <param name="options">Where the metadata nodes are, and how the client behaves.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is out of its range.</exception>
    /// <exception cref="DfsException">No metadata server answered within <see cref="DfsClientOptions.ConnectTimeout"/>.</exception>
    public static async Task<DfsClient> ConnectAsync(DfsClientOptions options, CancellationToken cancellation = default)
    {
        var network = new OwnedConnections(new GrpcConnections());
#pragma warning disable RS0030 // Composition root: the real clock and randomness come in here.
        return await ConnectAsync(
            options,
            network.Connections,
            new GrpcBulkTransport(network.Connections),
            TimeProvider.System,
            Random.Shared,
            NullLoggerFactory.Instance,
            network,
            cancellation).ConfigureAwait(false);
#pragma warning restore RS0030
    }

    /// <summary>
    /// Connects with the clock, randomness and network that are given: for simulation, tests, and hosts that share connections.
    /// </summary>
    /// <param name="options">Where the metadata nodes are, and how the client behaves.</param>
    /// <param name="connections">Ways to the servers for small calls; not disposed by the client.</param>
    /// <param name="transport">The way bulk bytes travel.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Source of nonces, jitter and replica choice; used under a lock.</param>
    /// <param name="logs">Where logs go.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="DfsException">No metadata server answered within <see cref="DfsClientOptions.ConnectTimeout"/>.</exception>
    public static Task<DfsClient> ConnectAsync(
        DfsClientOptions options,
        IConnections connections,
        IBulkTransport transport,
        TimeProvider time,
        Random random,
        ILoggerFactory logs,
        CancellationToken cancellation = default) =>
        ConnectAsync(options, connections, transport, time, random, logs, null, cancellation);

    /// <summary>Attributes of a file or directory.</summary>
    /// <exception cref="DfsException">NotFound, NotADirectory, InvalidArgument.</exception>
    public Task<DfsFileInfo> StatAsync(string path, CancellationToken cancellation = default) =>
        _names.StatAsync(DfsPath.Parse(path), cancellation);

    /// <summary>
    /// Entries of a directory in byte order of their names; a file gives itself. An entry that is there all the while is seen exactly once,
    /// whatever else changes.
    /// </summary>
    /// <exception cref="DfsException">NotFound, NotADirectory, InvalidArgument.</exception>
    public async IAsyncEnumerable<DfsFileInfo> ListAsync(
        string path, DfsListOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (
            var entry in _names.ListAsync(DfsPath.Parse(path), options ?? new DfsListOptions(), cancellation).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    /// <summary>Creates a directory; with <paramref name="parents"/> also missing parents, and an existing one is no error.</summary>
    /// <exception cref="DfsException">AlreadyExists, NotFound (a parent), NotADirectory, InvalidArgument.</exception>
    public Task CreateDirectoryAsync(string path, bool parents = false, CancellationToken cancellation = default) =>
        _names.CreateDirectoryAsync(DfsPath.Parse(path), parents, cancellation);

    /// <summary>Removes a file. Whoever has it open may go on reading.</summary>
    /// <exception cref="DfsException">NotFound, IsADirectory, InvalidArgument.</exception>
    public Task DeleteFileAsync(string path, CancellationToken cancellation = default) =>
        _names.DeleteFileAsync(DfsPath.Parse(path), cancellation);

    /// <summary>Removes a directory; with <paramref name="recursive"/> also what is in it, entry by entry: others see it shrink.</summary>
    /// <exception cref="DfsException">NotFound, NotADirectory, DirectoryNotEmpty, InvalidArgument (the root).</exception>
    public Task DeleteDirectoryAsync(string path, bool recursive = false, CancellationToken cancellation = default) =>
        _names.DeleteDirectoryAsync(DfsPath.Parse(path), recursive, cancellation);

    /// <summary>Moves a file or directory in one step; with <paramref name="replace"/> over an existing file or empty directory.</summary>
    /// <exception cref="DfsException">NotFound, AlreadyExists, DirectoryNotEmpty, WouldCycle, NotADirectory, IsADirectory,
    /// InvalidArgument.</exception>
    public Task MoveAsync(string source, string target, bool replace = false, CancellationToken cancellation = default) =>
        _names.MoveAsync(DfsPath.Parse(source), DfsPath.Parse(target), replace, cancellation);

    /// <summary>Shortens a file or lets it grow by zeros.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">New length in bytes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="DfsException">NotFound, IsADirectory, InvalidArgument.</exception>
    public Task TruncateAsync(string path, long length, CancellationToken cancellation = default) =>
        _names.TruncateAsync(DfsPath.Parse(path), length, cancellation);

    /// <summary>
    /// Says how many replicas new files below a directory get, or makes those of a file so many: more come, and fewer go, in the
    /// background. Fewer not where other files share a chunk.
    /// </summary>
    /// <exception cref="DfsException">NotFound, InvalidArgument (not 1 to 10), Unsupported (an older cluster).</exception>
    public Task SetReplicationAsync(string path, int replication, CancellationToken cancellation = default) =>
        _names.SetReplicationAsync(DfsPath.Parse(path), replication, cancellation);

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="DfsException">NotFound, IsADirectory, InvalidArgument.</exception>
    public Task<DfsFileStream> OpenReadAsync(string path, CancellationToken cancellation = default) =>
        _files.OpenReadAsync(DfsPath.Parse(path), cancellation);

    /// <summary>Opens a file for writing.</summary>
    /// <exception cref="DfsException">NotFound, AlreadyExists, IsADirectory, InvalidArgument.</exception>
    public Task<DfsFileStream> OpenWriteAsync(string path, DfsWriteOptions? options = null, CancellationToken cancellation = default) =>
        _files.OpenWriteAsync(DfsPath.Parse(path), options ?? new DfsWriteOptions(), cancellation);

    /// <summary>Stores a whole file in one step: a reader sees either nothing of it (or the old content) or all.</summary>
    /// <exception cref="DfsException">AlreadyExists (without Overwrite), NotFound (a parent), IsADirectory, TooFewServers, OutOfSpace,
    /// InvalidArgument; OutcomeUnknown when the session ended before the result was known.</exception>
    public async Task<DfsPutResult> PutAsync(
        string path, ReadOnlyMemory<byte> content, DfsPutOptions? options = null, CancellationToken cancellation = default)
    {
        using var span = Tracing.Start("put", path);
        return await _files.PutAsync(DfsPath.Parse(path), content, options ?? new DfsPutOptions(), cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Stores a whole file in one step from a stream of known or unknown length, from its position to its end; memory stays bounded.
    /// </summary>
    /// <param name="path">Where to store it.</param>
    /// <param name="content">Its bytes; left open.</param>
    /// <param name="options">How to store it.</param>
    /// <param name="progress">Hears how many bytes are durable so far.</param>
    /// <param name="cancellation">Ends the storing; nothing of it becomes visible, unless the last step was already under way.</param>
    /// <exception cref="DfsException">As for the other overload; SessionEnded when this client was away for too long.</exception>
    public async Task<DfsPutResult> PutAsync(
        string path, Stream content, DfsPutOptions? options =
            null, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        using var span = Tracing.Start("put", path);
        return await _files.PutAsync(DfsPath.Parse(path), content, options ?? new DfsPutOptions(), progress, cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Writes a whole file to a stream.</summary>
    /// <param name="path">The file.</param>
    /// <param name="target">Where its bytes go; left open.</param>
    /// <param name="progress">Hears how many bytes were written so far.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <exception cref="DfsException">NotFound, IsADirectory, DataLoss, InvalidArgument.</exception>
    public async Task<DfsFileInfo> GetAsync(
        string path, Stream target, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        using var span = Tracing.Start("get", path);
        return await _files.GetAsync(DfsPath.Parse(path), target, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Where the bytes of a file lie.</summary>
    /// <exception cref="DfsException">NotFound, IsADirectory, InvalidArgument.</exception>
    public Task<DfsFileLayout> LocateAsync(string path, CancellationToken cancellation = default) =>
        _files.LocateAsync(DfsPath.Parse(path), cancellation);

    /// <summary>Size and use of the file system.</summary>
    public async Task<DfsFileSystemInfo> GetFileSystemAsync(CancellationToken cancellation = default)
    {
        var reply = await _connection.CallAsync(
            "get file system",
            (client, call) => client.GetFileSystemAsync(new GetFileSystemRequest(), call),
            _connection.NewDeadline(),
            cancellation).ConfigureAwait(false);
        return new DfsFileSystemInfo
        {
            CapacityBytes = (long)reply.CapacityBytes,
            UsedBytes = (long)reply.UsedBytes,
            AvailableBytes = (long)reply.AvailableBytes,
            LogicalBytes = (long)reply.LogicalBytes,
            Files = (long)reply.Files,
            Directories = (long)reply.Directories,
            Chunks = (long)reply.Chunks,
            Replication = (int)reply.Replication,
        };
    }

    /// <summary>State of the cluster, for operators.</summary>
    public Task<GetStatusReply> GetStatusAsync(CancellationToken cancellation = default) => _connection.CallAsync(
        "get status", (client, call) => client.GetStatusAsync(new GetStatusRequest(), call), _connection.NewDeadline(), cancellation);

    /// <summary>Ends the session: its open chunks are sealed. Streams still open for writing fail.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sessions.DisposeAsync().ConfigureAwait(false);
        if (_owned is not null)
        {
            await _owned.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<DfsClient> ConnectAsync(
        DfsClientOptions options,
        IConnections connections,
        IBulkTransport transport,
        TimeProvider time,
        Random random,
        ILoggerFactory logs,
        IAsyncDisposable? owned,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var client = new DfsClient(options, connections, transport, time, random, logs, owned);
        bool connected = false;
        try
        {
            await client._names.ConnectAsync(new CallDeadline(time, options.ConnectTimeout), cancellation).ConfigureAwait(false);
            connected = true;
            return client;
        }
        finally
        {
            if (!connected)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Network connections that end with the client.</summary>
    private sealed class OwnedConnections(GrpcConnections connections) : IAsyncDisposable
    {
        public GrpcConnections Connections => connections;

        public ValueTask DisposeAsync()
        {
            connections.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
