using DfsNet.Protocol.Bulk;
using DfsNet.Protocol.Connections;
using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.Client;

/// <summary>
/// A client of a DfsNet file system. Safe for concurrent use; make one per process and dispose it at the end.
/// Paths are absolute ("/a/b"), valid UTF-8, at most 4,096 bytes, with names of 1 to 255 bytes.
/// Every failure of the file system is a <see cref="DfsException"/> whose <see cref="DfsException.Code"/> says what went wrong.
/// </summary>
public sealed class DfsClient : IAsyncDisposable
{
    private DfsClient()
    {
    }

    /// <summary>Connects to a file system over the network.</summary>
    public static Task<DfsClient> ConnectAsync(DfsClientOptions options, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Connects with the clock, randomness and network that are given.</summary>
    public static Task<DfsClient> ConnectAsync(
        DfsClientOptions options,
        IConnections connections,
        IBulkTransport transport,
        TimeProvider time,
        Random random,
        ILoggerFactory logs,
        CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Attributes of a file or directory.</summary>
    public Task<DfsFileInfo> StatAsync(string path, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Entries of a directory in byte order of their names; a file gives itself.</summary>
    public IAsyncEnumerable<DfsFileInfo> ListAsync(string path, DfsListOptions? options = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>Creates a directory; with <paramref name="parents"/> also missing parents, and an existing one is no error.</summary>
    public Task CreateDirectoryAsync(string path, bool parents = false, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Removes a file.</summary>
    public Task DeleteFileAsync(string path, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Removes a directory; with <paramref name="recursive"/> also what is in it.</summary>
    public Task DeleteDirectoryAsync(string path, bool recursive = false, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Moves a file or directory in one step; with <paramref name="replace"/> over an existing target.</summary>
    public Task MoveAsync(string source, string target, bool replace = false, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Shortens a file or lets it grow by zeros.</summary>
    public Task TruncateAsync(string path, long length, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Opens a file for reading.</summary>
    public Task<DfsFileStream> OpenReadAsync(string path, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Opens a file for writing.</summary>
    public Task<DfsFileStream> OpenWriteAsync(string path, DfsWriteOptions? options = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>Stores a whole file in one step: a reader sees either nothing of it (or the old content) or all.</summary>
    public Task<DfsFileInfo> PutAsync(
        string path, ReadOnlyMemory<byte> content, DfsPutOptions? options = null, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Stores a whole file in one step from a stream of known or unknown length; <paramref name="progress"/> hears the durable bytes so far.</summary>
    public Task<DfsFileInfo> PutAsync(
        string path, Stream content, DfsPutOptions? options = null, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>Writes a whole file to a stream; <paramref name="progress"/> hears the bytes so far.</summary>
    public Task<DfsFileInfo> GetAsync(string path, Stream target, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>Where the bytes of a file lie.</summary>
    public Task<DfsFileLayout> LocateAsync(string path, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Size and use of the file system.</summary>
    public Task<DfsFileSystemInfo> GetFileSystemAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>State of the cluster, for operators.</summary>
    public Task<GetStatusReply> GetStatusAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Ends the session: open chunks are sealed. Streams still open fail.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
