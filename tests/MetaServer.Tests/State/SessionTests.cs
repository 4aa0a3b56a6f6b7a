using DfsNet.Consensus;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.State;

/// <summary>Sessions: exactly once within them, and what happens to what they hold when they end.</summary>
public class SessionTests
{
    private readonly MetadataInHand _metadata = new();

    [Fact]
    public void A_repeated_call_gives_the_same_result_and_happens_once()
    {
        var call = MakeDirectory("a", sequence: 1, lowestOpen: 1);
        var first = _metadata.Propose(call);
        Assert.Equal(ErrorCode.Unspecified, first.Error);
        Assert.Equal(first, _metadata.Propose(call));
        var refused = _metadata.Propose(MakeDirectory("a", 2, 1));
        Assert.Equal(ErrorCode.AlreadyExists, refused.Error);
        _metadata.Propose(Call(new ClientCommand { RemoveDirectory = new RemoveDirectory { Target = MetadataInHand.Path("a") } }, 3, 1));
        Assert.Equal(refused, _metadata.Propose(MakeDirectory("a", 2, 1)));
        Assert.Equal(first, _metadata.Propose(call));
        Assert.Empty(_metadata.List(""));
    }

    [Fact]
    public void A_repeated_allocation_gives_one_chunk()
    {
        var request = _metadata.NextRequest(_metadata.Session);
        var command = new Command { Request = request, AllocateChunk = new AllocateChunk() };
        command.AllocateChunk.Placements.Add([new() { ServerId = 1, VolumeId = 1 }, new() { ServerId = 2, VolumeId = 2 }]);
        var first = _metadata.Propose(command);
        command = command.Clone();
        command.AllocateChunk.Placements[0] = new ChunkPlacement { ServerId = 3, VolumeId = 3 };
        Assert.Equal(first, _metadata.Propose(command));
        Assert.Equal(1ul, StateReader.Counters(_metadata.Store).Chunks);
    }

    [Fact]
    public void Settled_results_are_dropped_and_their_calls_refused()
    {
        for (ulong i = 1; i <= 10; i++)
        {
            _metadata.Propose(MakeDirectory($"d{i}", i, 1));
        }

        _metadata.Propose(MakeDirectory("d11", 11, 10));
        Assert.Equal(2u, StateReader.Session(_metadata.Store, _metadata.Session)!.Results);
        Assert.Equal(ErrorCode.OutcomeUnknown, _metadata.Propose(MakeDirectory("x", 9, 1)).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Propose(MakeDirectory("d10", 10, 1)).Error);
        Assert.DoesNotContain("x", _metadata.List(""));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void A_session_that_settles_nothing_is_refused_at_the_bound()
    {
        for (ulong i = 1; i <= Limits.SessionResultsMax; i++)
        {
            Assert.Equal(ErrorCode.Unspecified, _metadata.Propose(MakeDirectory($"d{i}", i, 1)).Error);
        }

        Assert.Equal(ErrorCode.LimitExceeded, _metadata.Propose(MakeDirectory("more", 5_000, 1)).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Propose(MakeDirectory("more", 5_000, 2)).Error);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Calls_without_a_session_or_sequence_are_refused()
    {
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Propose(MakeDirectory("a", 0, 0)).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Propose(MakeDirectory("a", 3, 4)).Error);
        var unknown = MakeDirectory("a", 1, 1);
        unknown.Request.SessionId = 99;
        Assert.Equal(ErrorCode.SessionEnded, _metadata.Propose(unknown).Error);
        unknown.Request = null;
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Propose(unknown).Error);
        Assert.Empty(_metadata.List(""));
    }

    [Fact]
    public void Opening_twice_with_one_nonce_opens_one_session()
    {
        Assert.Equal(_metadata.Session, _metadata.OpenSession(1));
        Assert.NotEqual(_metadata.Session, _metadata.OpenSession(2));
        Assert.Equal(2, _metadata.Events.OfType<SessionOpened>().Count());
    }

    [Fact]
    public void The_end_seals_what_is_committed_and_drops_what_is_not()
    {
        var named = _metadata.Allocate();
        var silent = _metadata.Allocate();
        var empty = _metadata.Allocate();
        ulong file = _metadata.CreateFile("f").Inode;
        _metadata.Write(file, 0, named, [1, 2, 3]);
        _metadata.Write(file, 3, silent, [4, 5]);
        var committed = _metadata.WordOn(silent);
        _metadata.Append(silent, [6]);
        var lastWord = _metadata.Append(named, [7]);
        Assert.Equal(ErrorCode.Unspecified, _metadata.EndSession(_metadata.Session, lastWord).Error);

        Assert.Contains(new ChunkSealed(named, 4, lastWord.Digest), _metadata.Events);
        Assert.Contains(new ChunkSealed(silent, 2, committed.Digest), _metadata.Events);
        Assert.Contains(new ChunkRemoved(empty), _metadata.Events);
        Assert.Equal(3, _metadata.Events.OfType<ReplicaLeaving>().Count(leaving => leaving.Chunk == empty));
        Assert.Contains(new SessionEnded(_metadata.Session), _metadata.Events);
        Assert.Equal([1, 2, 3, 4, 5], _metadata.Read("f"));
        StateAudit.Check(_metadata.Store);

        int events = _metadata.Events.Count;
        Assert.Equal(ErrorCode.Unspecified, _metadata.EndSession(_metadata.Session).Error);
        Assert.Equal(events, _metadata.Events.Count);
        Assert.Equal(ErrorCode.SessionEnded, _metadata.Write(file, 5, silent, [8]).Error);
        Assert.Equal(ErrorCode.SessionEnded, _metadata.EndSession(new SessionId(99)).Error);
    }

    [Fact]
    public void The_end_is_refused_when_its_last_word_is_a_lie()
    {
        var chunk = _metadata.Allocate();
        var other = _metadata.OpenSession(2);
        var foreign = _metadata.Allocate(other);
        ulong file = _metadata.CreateFile("f").Inode;
        _metadata.Write(file, 0, chunk, [1, 2, 3]);
        var lie = _metadata.WordOn(chunk);
        lie.Digest ^= 1;
        Assert.Equal(ErrorCode.PrefixConflict, _metadata.EndSession(_metadata.Session, lie).Error);
        Assert.Equal(ErrorCode.NotOwner, _metadata.EndSession(_metadata.Session, _metadata.Append(foreign, [1])).Error);
        Assert.NotNull(StateReader.Session(_metadata.Store, _metadata.Session));
    }

    [Fact]
    public void The_end_passes_over_chunks_that_the_leader_sealed_before()
    {
        var chunk = _metadata.Allocate();
        var empty = _metadata.Allocate();
        ulong file = _metadata.CreateFile("f").Inode;
        _metadata.Write(file, 0, chunk, [1, 2, 3]);
        _metadata.Propose(new Command { SealChunk = new SealChunk { ChunkId = chunk.Value } });
        _metadata.Propose(new Command { SealChunk = new SealChunk { ChunkId = empty.Value } });
        var ended = _metadata.EndSession(_metadata.Session, _metadata.Append(chunk, [4]), _metadata.WordOn(empty));
        Assert.Equal(ErrorCode.Unspecified, ended.Error);
        Assert.Equal(3u, StateReader.Chunk(_metadata.Store, chunk)!.CommittedLength);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Staged_files_become_orphans_at_the_end()
    {
        var staged = _metadata.Call(new ClientCommand { StageFile = new StageFile() });
        var chunk = _metadata.Allocate();
        _metadata.Write(staged.Inode, 0, chunk, [1, 2]);
        _metadata.EndSession(_metadata.Session);
        Assert.Contains(new InodeOrphaned(new InodeId(staged.Inode)), _metadata.Events);
        Assert.Equal([new InodeId(staged.Inode)], StateReader.Orphans(_metadata.Store));
        StateAudit.Check(_metadata.Store);
        _metadata.ReclaimAll();
        StateAudit.Check(_metadata.Store);
        Assert.Equal(0ul, StateReader.Counters(_metadata.Store).Chunks);
    }

    [Fact]
    public void A_staged_file_that_is_dropped_becomes_an_orphan_and_counts_no_more()
    {
        for (int i = 0; i < Limits.SessionStagedFilesMax + 1; i++)
        {
            ulong staged = _metadata.Call(new ClientCommand { StageFile = new StageFile() }).Inode;
            Assert.NotEqual(0ul, staged);
            var drop = new ClientCommand { DropStaged = new DropStaged { Inode = staged } };
            Assert.Equal(ErrorCode.Unspecified, _metadata.Call(drop).Error);
            Assert.Equal(ErrorCode.NotOwner, _metadata.Call(drop).Error);
        }

        Assert.Equal(Limits.SessionStagedFilesMax + 1, StateReader.Orphans(_metadata.Store).Count());
        StateAudit.Check(_metadata.Store);
        _metadata.ReclaimAll();
        Assert.Empty(StateReader.Orphans(_metadata.Store));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void The_largest_session_ends_in_one_command()
    {
        for (int i = 0; i < Limits.SessionOwnedChunksMax; i++)
        {
            var chunk = _metadata.Allocate();
            var word = _metadata.Append(chunk, [1]);
            word.Seal = i < Limits.SessionOwnedChunksMax - Limits.SessionOpenChunksMax;
            _metadata.Call(new ClientCommand { UpdateChunks = new UpdateChunks { Chunks = { word } } });
        }

        for (int i = 0; i < Limits.SessionStagedFilesMax; i++)
        {
            _metadata.Call(new ClientCommand { StageFile = new StageFile() });
        }

        Assert.Equal(ErrorCode.LimitExceeded, _metadata.TryAllocate().Error);
        Assert.Equal(ErrorCode.LimitExceeded, _metadata.Call(new ClientCommand { StageFile = new StageFile() }).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.EndSession(_metadata.Session).Error);
        StateAudit.Check(_metadata.Store);
        Assert.Equal(Limits.SessionOwnedChunksMax, StateReader.UnreferencedChunks(_metadata.Store).Count());
    }

    [Fact]
    public void An_entry_is_never_applied_twice()
    {
        var machine = new StateMachine(_metadata.Store);
        Assert.Throws<Integrity.InvariantException>(() => machine.Apply(machine.Applied, new Command()));
    }

    [Fact]
    public void A_store_that_cannot_be_read_stops_the_node_and_is_no_refusal()
    {
        var store = new UnreadableStore();
        var metadata = new MetadataInHand(store);
        ulong applied = store.AppliedIndex;
        store.IsBroken = true;
        Assert.Throws<DfsException>(() => metadata.MakeDirectory("a"));
        Assert.Equal(applied, store.AppliedIndex);
    }

    [Fact]
    public void A_log_without_a_bootstrap_and_unknown_commands_are_refused()
    {
        var machine = new StateMachine(new MemoryStateStore());
        var open = new Command { OpenSession = new OpenSession { Nonce = 1 } };
        Assert.Equal(ErrorCode.Refused, machine.Apply(new LogPoint(1, 1), open).Result.Error);
        Assert.Equal(new LogPoint(1, 1), machine.Applied);
        Assert.Equal(ErrorCode.Unsupported, _metadata.Propose(new Command()).Error);
        Assert.Equal(ErrorCode.Unsupported, _metadata.Call(new ClientCommand()).Error);
    }

    private Command MakeDirectory(string path, ulong sequence, ulong lowestOpen) =>
        Call(new ClientCommand { MakeDirectory = new MakeDirectory { Target = MetadataInHand.Path(path) } }, sequence, lowestOpen);

    private Command Call(ClientCommand command, ulong sequence, ulong lowestOpen) => new()
    {
        Request = new RequestId { SessionId = _metadata.Session.Value, Sequence = sequence, LowestOpen = lowestOpen },
        Client = command,
    };
}
