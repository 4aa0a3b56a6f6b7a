using DfsNet.Consensus;
using DfsNet.Integrity;
using DfsNet.MetaServer.Chunks;
using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Tests.State;

/// <summary>A state machine with a cluster of three servers and one session, the log that made it, and the bytes of its chunks.</summary>
internal sealed class MetadataInHand
{
    public const int ChunkSize = 4 * Limits.BlockSize;

    private readonly Dictionary<ulong, ulong> _sequences = [];
    private readonly Dictionary<ChunkId, MemoryStream> _bytes = [];

    public MetadataInHand(IStateStore? store = null)
    {
        Store = store ?? new MemoryStateStore();
        Machine = new StateMachine(Store);
        Propose(new Command
        {
            Bootstrap = new Bootstrap { ClusterId = 7, Replication = 3, MinReplicas = 2, ChunkSize = ChunkSize, FeatureLevel = 1 },
        });
        for (ulong i = 1; i <= 3; i++)
        {
            Propose(new Command { RegisterServer = new RegisterServer { Nonce = 100 + i, Address = $"host{i}:1", VolumeIds = { i } } });
        }

        Session = OpenSession(1);
    }

    public IStateStore Store { get; }

    public StateMachine Machine { get; private set; }

    public SessionId Session { get; set; }

    public List<Command> Log { get; } = [];

    public List<StateEvent> Events { get; } = [];

    public SessionId OpenSession(ulong nonce) =>
        new(Propose(new Command { OpenSession = new OpenSession { Nonce = nonce, ClientName = "test" } }).SessionId);

    public CommandResult Propose(Command command)
    {
        Log.Add(command);
        var applied = Machine.Apply(new LogPoint(1, (ulong)Log.Count), command);
        Events.AddRange(applied.Events);
        return applied.Result;
    }

    public RequestId NextRequest(SessionId session)
    {
        ulong sequence = _sequences[session.Value] = _sequences.GetValueOrDefault(session.Value) + 1;
        return new RequestId { SessionId = session.Value, Sequence = sequence, LowestOpen = sequence };
    }

    public CommandResult Call(ClientCommand command, SessionId? session = null) =>
        Propose(new Command { Request = NextRequest(session ?? Session), StampUnixMs = 1_000 + Log.Count, Client = command });

    public CommandResult MakeDirectory(string path, bool parents = false) =>
        Call(new ClientCommand { MakeDirectory = new MakeDirectory { Target = Path(path), MakeParents = parents } });

    public CommandResult CreateFile(string path, Condition? condition = null) =>
        Call(new ClientCommand { CreateFile = new CreateFile { Target = Path(path), Condition = condition } });

    public CommandResult Rename(string source, string target, bool noReplace = false) =>
        Call(new ClientCommand { Rename = new Rename { Source = Path(source), Target = Path(target), NoReplace = noReplace } });

    public CommandResult Unlink(string path) => Call(new ClientCommand { Unlink = new Unlink { Target = Path(path) } });

    public CommandResult RemoveDirectory(string path) =>
        Call(new ClientCommand { RemoveDirectory = new RemoveDirectory { Target = Path(path) } });

    public CommandResult Truncate(ulong inode, ulong length) =>
        Call(new ClientCommand { Truncate = new Truncate { Inode = inode, Length = length } });

    public CommandResult EndSession(SessionId session, params ChunkUpdate[] chunks) =>
        Propose(new Command { EndSession = new EndSession { SessionId = session.Value, Chunks = { chunks } } });

    public ChunkId Allocate(SessionId? session = null)
    {
        var result = TryAllocate(session);
        Assert.Equal(ErrorCode.Unspecified, result.Error);
        return new ChunkId(result.ChunkId);
    }

    public CommandResult TryAllocate(SessionId? session = null, int placements = 3)
    {
        var command = new AllocateChunk();
        for (ulong i = 1; i <= (ulong)placements; i++)
        {
            command.Placements.Add(new ChunkPlacement { ServerId = i, VolumeId = i });
        }

        return Propose(new Command { Request = NextRequest(session ?? Session), AllocateChunk = command });
    }

    /// <summary>Appends bytes to a chunk, as its servers would, and returns the owner's word on it.</summary>
    public ChunkUpdate Append(ChunkId chunk, ReadOnlySpan<byte> data)
    {
        if (!_bytes.TryGetValue(chunk, out var bytes))
        {
            _bytes[chunk] = bytes = new MemoryStream();
        }

        bytes.Write(data);
        return WordOn(chunk);
    }

    public ChunkUpdate WordOn(ChunkId chunk) => _bytes.TryGetValue(chunk, out var bytes)
        ? new ChunkUpdate { ChunkId = chunk.Value, Length = (uint)bytes.Length, Digest = Crc32C.Compute(bytes.ToArray()) }
        : new ChunkUpdate { ChunkId = chunk.Value };

    /// <summary>Appends bytes to a chunk and maps them into a file.</summary>
    public CommandResult Write(ulong inode, ulong offset, ChunkId chunk, byte[] data, bool atEnd = false, Condition? condition = null)
    {
        uint start = WordOn(chunk).Length;
        var word = Append(chunk, data);
        var slice = Slice(offset, chunk, start, data);
        return Call(new ClientCommand
        {
            Commit = new Commit { Inode = inode, AtEnd = atEnd, Condition = condition, Slices = { slice }, Chunks = { word } },
        });
    }

    public static SliceWrite Slice(ulong offset, ChunkId chunk, uint chunkOffset, byte[] data) => new()
    {
        FileOffset = offset,
        ChunkId = chunk.Value,
        ChunkOffset = chunkOffset,
        Length = (uint)data.Length,
        Crc = data.Length <= Limits.BlockSize ? Crc32C.Compute(data) : 0,
    };

    /// <summary>A file's bytes by its layout, read page by page; slices with a checksum of their own are checked against it.</summary>
    public byte[] Read(string path, int page = 3)
    {
        using var snapshot = Store.OpenSnapshot();
        ulong offset = 0;
        byte[]? content = null;
        FileLayout layout;
        do
        {
            layout = LayoutReader.Read(snapshot, Path(path), offset, page);
            content ??= new byte[layout.Attributes.Length];
            foreach (var slice in layout.Slices)
            {
                Assert.True(slice.FileOffset >= offset || offset == 0, "slices come in order and do not overlap");
                var bytes = _bytes[new ChunkId(slice.ChunkId)].ToArray().AsSpan((int)slice.ChunkOffset, (int)slice.Length);
                Assert.True(slice.Crc == 0 || slice.Crc == Crc32C.Compute(bytes), "a slice's own checksum is right");
                bytes.CopyTo(content.AsSpan((int)slice.FileOffset));
                offset = slice.FileOffset + slice.Length;
            }
        }
        while (layout.More);

        return content;
    }

    public Attributes Stat(string path)
    {
        using var snapshot = Store.OpenSnapshot();
        return NamespaceReader.Lookup(snapshot, Path(path));
    }

    public string[] List(string path, int limit = 0)
    {
        using var snapshot = Store.OpenSnapshot();
        var names = new List<string>();
        ListReply reply;
        byte[] after = [];
        do
        {
            reply = NamespaceReader.List(snapshot, Path(path), after, limit);
            names.AddRange(reply.Entries.Select(entry => entry.Name.ToStringUtf8()));
            after = reply.Entries.Count == 0 ? after : reply.Entries[^1].Name.ToByteArray();
        }
        while (reply.More);

        return [.. names];
    }

    /// <summary>After a crash: entries behind the applied index are applied again.</summary>
    public void Replay()
    {
        Machine = new StateMachine(Store);
        for (int i = (int)Store.AppliedIndex; i < Log.Count; i++)
        {
            Machine.Apply(new LogPoint(1, (ulong)i + 1), Log[i]);
        }
    }

    /// <summary>Reclaims everything that may be reclaimed, in small steps, as the leader does after its graces.</summary>
    public void ReclaimAll()
    {
        var orphans = StateReader.Orphans(Store).Select(inode => inode.Value).ToArray();
        Propose(new Command { ReclaimOrphans = new ReclaimOrphans { Inodes = { orphans } } });
        foreach (var map in StateReader.DetachedMaps(Store).ToList())
        {
            while (Propose(new Command { ReclaimMap = new ReclaimMap { MapId = map.Value, MaxSlices = 50 } }).More)
            {
            }
        }

        var chunks = StateReader.UnreferencedChunks(Store).Select(chunk => chunk.Value).ToArray();
        Propose(new Command { RemoveChunks = new RemoveChunks { ChunkIds = { chunks } } });
        var gone = new ChangeReplicas();
        foreach (var (server, _) in StateReader.Servers(Store).ToList())
        {
            gone.Gone.AddRange(StateReader.Leaving(Store, server).Take(300)
                .Select(row => new ReplicaKey { ChunkId = row.Chunk.Value, ServerId = server.Value, Generation = row.Generation.Value }));
        }

        Propose(new Command { ChangeReplicas = gone });
    }

    public static PathRef Path(string path) => new() { Path = ByteString.CopyFromUtf8(path) };

    public static PathRef Path(ulong inode, string path) => new() { Inode = inode, Path = ByteString.CopyFromUtf8(path) };
}
