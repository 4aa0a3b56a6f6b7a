using DfsNet.Client.Data;
using DfsNet.Client.Metadata;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client;

/// <summary>What the client does with the content of files: open, put, get, locate.</summary>
internal sealed class FileAccess(
    MetadataConnection connection, SessionHolder sessions, Names names, ChunkReader chunks, DfsClientOptions options)
{
    // A client that reads this much is worth a session: what it reads is held for it, and what it measures of the servers is heard.
    private const int GetsWithoutSession = 16;
    private const long BytesWithoutSession = 256L * 1024 * 1024;

    private int _gets;

    public async Task<DfsFileStream> OpenReadAsync(DfsPath path, CancellationToken cancellation)
    {
        var (reader, page) = await OpenReaderAsync(path, cancellation).ConfigureAwait(false);
        ulong inode = page.Attributes.Inode;
        sessions.Held.Hold(inode);
        sessions.OpenInBackground();
        return new DfsFileStream(path.Text, reader, () => sessions.Held.LetGo(inode));
    }

    public async Task<DfsFileStream> OpenWriteAsync(DfsPath path, DfsWriteOptions write, CancellationToken cancellation)
    {
        CheckIsFileName(path);
        var deadline = connection.NewDeadline();
        var session = await sessions.GetAsync(deadline, cancellation).ConfigureAwait(false);
        if (write.Atomic)
        {
            if (write.Mode is not (DfsWriteMode.Create or DfsWriteMode.CreateNew))
            {
                throw new ArgumentException("an atomic write creates the file: its mode is Create or CreateNew", nameof(write));
            }

            var policy = await names.Policies.OfParentAsync(path, cancellation).ConfigureAwait(false);
            var target = new NewFile(
                session.Session, path, policy.Inode, write.Mode == DfsWriteMode.Create, write.CreateParents, write.PermissionBits);
            return new DfsFileStream(path.Text, NewWriter(session, policy.Replication, target), 0, false, null, () => { });
        }

        bool keep = write.Mode is DfsWriteMode.Open or DfsWriteMode.OpenOrCreate or DfsWriteMode.Append;

        // Before the file is there: what fails behind that would be told of a file that was made.
        var byDirectory = await names.Policies.OfParentAsync(path, cancellation).ConfigureAwait(false);
        var create = new CreateFile
        {
            Target = path.ToReference(),
            Mode = write.PermissionBits,
            MakeParents = write.CreateParents,
            KeepContent = keep,
            Condition = new Condition { MustExist = write.Mode == DfsWriteMode.Open, MustNotExist = write.Mode == DfsWriteMode.CreateNew },
        };
        var created = await session.Session.SubmitAsync(
            $"open {path.Text}", new ClientCommand { CreateFile = create }, deadline, cancellation).ConfigureAwait(false);
        return await OpenExistingAsync(
            path, session, created.Inode, keep, byDirectory.Replication, write.Mode == DfsWriteMode.Append, cancellation).ConfigureAwait(
            false);
    }

    public async Task<DfsPutResult> PutAsync(DfsPath path, ReadOnlyMemory<byte> content, DfsPutOptions put, CancellationToken cancellation)
    {
        CheckIsFileName(path);
        var deadline = connection.NewDeadline();
        while (true)
        {
            try
            {
                return await PutAsync(
                    path, put, null, async (writer, token) =>
                        await writer.WriteAsync(0, content, token).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            }
            catch (DfsException error) when (error.Code == ErrorCode.SessionEnded && !deadline.IsOver)
            {
                // It certainly took no effect, and the bytes are still here: a new session may try it.
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    public Task<DfsPutResult> PutAsync(
        DfsPath path, Stream content, DfsPutOptions put, IProgress<long>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(content);
        CheckIsFileName(path);
        return PutAsync(path, put, progress, (writer, token) => CopyAsync(content, writer, progress, token), cancellation);
    }

    public async Task<DfsFileInfo> GetAsync(DfsPath path, Stream target, IProgress<long>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        var (reader, page) = await OpenReaderAsync(path, cancellation).ConfigureAwait(false);
        sessions.Held.Hold(page.Attributes.Inode);
        try
        {
            reader.ExpectSequential();
            bool isWorthASession = Interlocked.Increment(ref _gets) > GetsWithoutSession;
            long position = 0;
            while (true)
            {
                if (isWorthASession || position > BytesWithoutSession)
                {
                    sessions.OpenInBackground();
                }

                var bytes = await reader.PeekAsync(position, Limits.FramePayloadMax, cancellation).ConfigureAwait(false);
                if (bytes.IsEmpty)
                {
                    return DfsFileInfo.From(path.Text, reader.Attributes);
                }

                await target.WriteAsync(bytes, cancellation).ConfigureAwait(false);
                reader.Advance(bytes.Length);
                position += bytes.Length;
                progress?.Report(position);
            }
        }
        finally
        {
            reader.Dispose();
            sessions.Held.LetGo(page.Attributes.Inode);
        }
    }

    public async Task<DfsFileLayout> LocateAsync(DfsPath path, CancellationToken cancellation)
    {
        List<DfsSlice> slices = [];
        List<DfsChunk> located = [];
        HashSet<ulong> seen = [];
        var page = await FirstPageAsync(path, cancellation).ConfigureAwait(false);
        var file = DfsFileInfo.From(path.Text, page.Attributes);
        while (true)
        {
            slices.AddRange(page.Slices.Select(
                slice => new DfsSlice((long)slice.FileOffset, slice.Length, slice.ChunkId, slice.ChunkOffset)));
            located.AddRange(page.Chunks.Where(chunk => seen.Add(chunk.ChunkId)).Select(chunk => Describe(chunk, page)));
            if (page.End == long.MaxValue)
            {
                return new DfsFileLayout { File = file, Slices = slices, Chunks = located };
            }

            page = await FileLayoutView.FetchAsync(
                connection, new PathRef { Inode = file.Inode }, page.End, sessions.CurrentId, connection.NewDeadline(),
                cancellation).ConfigureAwait(false);
        }
    }

    private static DfsChunk Describe(ChunkLayout chunk, LayoutPage page) => new(
        chunk.ChunkId,
        chunk.State == ChunkState.Sealed,
        chunk.Length,
        chunk.Digest,
        (int)chunk.Replication,
        [
            .. chunk.Replicas.Select(replica =>
            {
                var server = page.Server(replica.ServerId);
                return new DfsReplica(
                    replica.ServerId, server?.Address ?? "", server?.Domain ?? "", replica.VolumeId, server?.State == ServerState.Healthy);
            }),
        ]);

    private static void CheckIsFileName(DfsPath path)
    {
        if (path.IsRoot)
        {
            throw new DfsException(ErrorCode.IsADirectory, "open /", "/ is a directory");
        }
    }

    private async Task<DfsFileStream> OpenExistingAsync(
        DfsPath path, WriteSession session, ulong inode, bool keep, int replication, bool appends, CancellationToken cancellation)
    {
        long length = 0;
        if (keep)
        {
            var attributes = await names.LookupAsync(
                new PathRef { Inode = inode }, $"open {path.Text}", connection.NewDeadline(), cancellation).ConfigureAwait(false);
            length = (long)attributes.Length;
            replication = (int)attributes.Replication;
        }


        var writer = NewWriter(session, replication, new OpenedFile(session.Session, inode, appends));
        sessions.Held.Hold(inode);
        return new DfsFileStream(
            path.Text,
            writer,
            appends ? 0 : length,
            appends,
            (newLength, token) => names.TruncateAsync(session.Session, inode, path.Text, newLength, token),
            () => sessions.Held.LetGo(inode));
    }

    private async Task<DfsPutResult> PutAsync(
        DfsPath path, DfsPutOptions put, IProgress<long>? progress, Func<FileWriter, CancellationToken, Task> fill,
        CancellationToken cancellation)
    {
        var session = await sessions.GetAsync(connection.NewDeadline(), cancellation).ConfigureAwait(false);
        var policy = await names.Policies.OfParentAsync(path, cancellation).ConfigureAwait(false);
        var target = new NewFile(session.Session, path, policy.Inode, put.Overwrite, put.CreateParents, put.PermissionBits);
        var writer = NewWriter(session, policy.Replication, target);
        try
        {
            await fill(writer, cancellation).ConfigureAwait(false);
            var result = await writer.FinishAsync(cancellation).ConfigureAwait(false);
            progress?.Report(writer.DurableBytes);
            return new DfsPutResult(path.Text, result.Inode, writer.DurableBytes, result.Version);
        }
        finally
        {
            writer.Abandon();
        }
    }

    private static async Task CopyAsync(Stream content, FileWriter writer, IProgress<long>? progress, CancellationToken cancellation)
    {
        long position = 0;
        long reported = 0;
        while (true)
        {
            var place = await writer.ReserveAsync(position, cancellation).ConfigureAwait(false);
            int length = await content.ReadAsync(place, cancellation).ConfigureAwait(false);
            if (length == 0)
            {
                return;
            }

            await writer.AdvanceAsync(length, cancellation).ConfigureAwait(false);
            position += length;
            if (progress is not null && writer.DurableBytes != reported)
            {
                reported = writer.DurableBytes;
                progress.Report(reported);
            }
        }
    }

    private FileWriter NewWriter(WriteSession session, int replication, ICommitTarget target) =>
        new(session, replication, target, options, connection.Time);

    private async Task<LayoutPage> FirstPageAsync(DfsPath path, CancellationToken cancellation)
    {
        var page = await FileLayoutView.FetchAsync(
            connection, path.ToReference(), 0, sessions.CurrentId, connection.NewDeadline(), cancellation).ConfigureAwait(false);
        return page.Attributes.Kind != FileKind.Directory
            ? page
            : throw new DfsException(ErrorCode.IsADirectory, $"read {path.Text}", $"{path.Text} is a directory");
    }

    private async Task<(FileReader Reader, LayoutPage Page)> OpenReaderAsync(DfsPath path, CancellationToken cancellation)
    {
        var page = await FirstPageAsync(path, cancellation).ConfigureAwait(false);
        var view = new FileLayoutView(connection, sessions, page.Attributes.Inode, page);
        return (new FileReader(view, chunks, connection, options), page);
    }
}
