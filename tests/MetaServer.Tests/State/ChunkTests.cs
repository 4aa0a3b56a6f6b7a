using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.State;

/// <summary>The rules of chunks: prefixes, seals, owners, removal; each refusal leaves the state as it was.</summary>
public class ChunkTests
{
    private readonly MetadataInHand _metadata = new();
    private readonly ulong _file;
    private readonly ChunkId _chunk;

    public ChunkTests()
    {
        _file = _metadata.CreateFile("f").Inode;
        _chunk = _metadata.Allocate();
    }

    [Fact]
    public void The_longest_prefix_is_the_committed_one_and_late_shorter_ones_say_nothing_new()
    {
        var first = _metadata.Append(_chunk, [1, 2, 3]);
        var second = _metadata.Append(_chunk, [4, 5]);
        Assert.Equal(ErrorCode.Unspecified, Update(second).Error);
        Assert.Equal(ErrorCode.Unspecified, Update(first).Error);
        Assert.Equal((5u, second.Digest), Committed());
    }

    [Fact]
    public void Another_digest_for_the_same_length_is_refused()
    {
        var word = _metadata.Append(_chunk, [1, 2, 3]);
        Update(word);
        word.Digest ^= 1;
        Assert.Equal(ErrorCode.PrefixConflict, Update(word).Error);
        Assert.Equal(ErrorCode.PrefixConflict, Update(new ChunkUpdate { ChunkId = _chunk.Value, Digest = 1 }).Error);
    }

    [Fact]
    public void A_prefix_longer_than_a_chunk_is_refused() => Assert.Equal(
        ErrorCode.InvalidArgument, Update(new ChunkUpdate { ChunkId = _chunk.Value, Length = MetadataInHand.ChunkSize + 1 }).Error);

    [Fact]
    public void A_seal_is_never_shorter_than_what_is_committed()
    {
        var shorter = _metadata.Append(_chunk, [1, 2, 3]);
        Update(_metadata.Append(_chunk, [4]));
        shorter.Seal = true;
        Assert.Equal(ErrorCode.PrefixConflict, Update(shorter).Error);
        Assert.Equal(ChunkState.Open, StateReader.Chunk(_metadata.Store, _chunk)!.State);
    }

    [Fact]
    public void Nothing_is_committed_beyond_a_seal_by_the_owner_or_the_leader()
    {
        _metadata.Write(_file, 0, _chunk, [1, 2, 3]);
        _metadata.Propose(new Command { SealChunk = new SealChunk { ChunkId = _chunk.Value } });
        Assert.Equal(ErrorCode.ChunkSealed, _metadata.Write(_file, 3, _chunk, [4]).Error);
        var slice = MetadataInHand.Slice(3, _chunk, 3, [4]);
        Assert.Equal(ErrorCode.ChunkSealed, Map(slice).Error);
        var within = MetadataInHand.Slice(3, _chunk, 1, [2, 3]);
        Assert.Equal(ErrorCode.Unspecified, Map(within).Error);
        Assert.Equal([1, 2, 3, 2, 3], _metadata.Read("f"));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void A_slice_must_lie_within_the_acknowledged_prefix()
    {
        Update(_metadata.Append(_chunk, [1, 2, 3]));
        var beyond = MetadataInHand.Slice(0, _chunk, 2, [3, 4]);
        Assert.Equal(ErrorCode.InvalidArgument, Map(beyond).Error);
        beyond.ChunkOffset = uint.MaxValue;
        Assert.Equal(ErrorCode.InvalidArgument, Map(beyond).Error);
        Assert.Equal(0ul, _metadata.Stat("f").Length);
    }

    [Fact]
    public void Another_sessions_chunk_and_unknown_ones_are_refused()
    {
        var other = _metadata.OpenSession(2);
        var foreign = _metadata.Allocate(other);
        Assert.Equal(ErrorCode.NotOwner, _metadata.Write(_file, 0, foreign, [1]).Error);
        Assert.Equal(ErrorCode.ChunkNotFound, _metadata.Write(_file, 0, new ChunkId(77), [1]).Error);
        var word = _metadata.WordOn(_chunk);
        Assert.Equal(ErrorCode.Unspecified, Update(_metadata.Append(_chunk, [1])).Error);
        var update = new ClientCommand { UpdateChunks = new UpdateChunks { Chunks = { word } } };
        Assert.Equal(ErrorCode.NotOwner, _metadata.Call(update, other).Error);
    }

    [Fact]
    public void A_refused_commit_changes_nothing_at_all()
    {
        var good = _metadata.Append(_chunk, [1, 2, 3]);
        var result = _metadata.Call(new ClientCommand
        {
            Commit = new Commit
            {
                Inode = _file,
                Slices = { MetadataInHand.Slice(0, _chunk, 0, [1, 2, 3]), MetadataInHand.Slice(3, new ChunkId(99), 0, [1]) },
                Chunks = { good },
            },
        });
        Assert.Equal(ErrorCode.ChunkNotFound, result.Error);
        Assert.Equal((0u, 0u), Committed());
        Assert.Equal((0ul, 1ul), (_metadata.Stat("f").Length, _metadata.Stat("f").Version));
    }

    [Fact]
    public void A_release_ends_ownership_and_an_unreferenced_chunk_may_be_removed()
    {
        var word = _metadata.Append(_chunk, [1, 2, 3]);
        word.Release = true;
        Update(word);
        Assert.Equal([new ChunkSealed(_chunk, 3, word.Digest)], _metadata.Events.OfType<ChunkSealed>());
        Assert.Equal([new ChunkUnreferenced(_chunk)], _metadata.Events.OfType<ChunkUnreferenced>());
        Assert.Equal(ErrorCode.NotOwner, _metadata.Write(_file, 0, _chunk, [1]).Error);
        Assert.Equal([_chunk], StateReader.UnreferencedChunks(_metadata.Store));
        _metadata.ReclaimAll();
        Assert.Null(StateReader.Chunk(_metadata.Store, _chunk));
        Assert.Equal(3, _metadata.Events.OfType<ReplicaGone>().Count());
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Removal_looks_again_whether_a_chunk_is_owned_or_referred_to()
    {
        _metadata.Write(_file, 0, _chunk, [1, 2, 3]);
        var owned = _metadata.Allocate();
        var word = _metadata.WordOn(_chunk);
        word.Release = true;
        Update(word);
        _metadata.Propose(new Command { RemoveChunks = new RemoveChunks { ChunkIds = { _chunk.Value, owned.Value, 99 } } });
        Assert.NotNull(StateReader.Chunk(_metadata.Store, _chunk));
        Assert.NotNull(StateReader.Chunk(_metadata.Store, owned));
        _metadata.Unlink("f");
        _metadata.ReclaimAll();
        Assert.Null(StateReader.Chunk(_metadata.Store, _chunk));
        Assert.NotNull(StateReader.Chunk(_metadata.Store, owned));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void An_empty_chunk_is_dropped_at_its_seal()
    {
        Update(new ChunkUpdate { ChunkId = _chunk.Value, Seal = true, Release = true });
        Assert.Null(StateReader.Chunk(_metadata.Store, _chunk));
        Assert.Equal(ErrorCode.ChunkNotFound, _metadata.Write(_file, 0, _chunk, [1]).Error);
        Assert.Equal(0u, StateReader.Session(_metadata.Store, _metadata.Session)!.OwnedChunks);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void A_session_has_a_bounded_number_of_open_chunks()
    {
        for (int i = 1; i < Limits.SessionOpenChunksMax; i++)
        {
            _metadata.Allocate();
        }

        Assert.Equal(ErrorCode.LimitExceeded, _metadata.TryAllocate().Error);
    }

    [Fact]
    public void Placements_are_checked()
    {
        Assert.Equal(ErrorCode.TooFewServers, _metadata.TryAllocate(placements: 1).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.TryAllocate(placements: 4).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.TryAllocate(placements: 2).Error);
    }

    [Fact]
    public void Removing_a_replica_is_committed_then_confirmed_and_never_takes_the_last_one()
    {
        ulong generation = StateReader.Chunk(_metadata.Store, _chunk)!.Generation;
        Leave(1, generation);
        Assert.Empty(_metadata.Events.OfType<ReplicaLeaving>());
        _metadata.Write(_file, 0, _chunk, [1]);
        _metadata.Propose(new Command { SealChunk = new SealChunk { ChunkId = _chunk.Value } });
        Leave(1, generation + 1);
        Assert.Empty(_metadata.Events.OfType<ReplicaLeaving>());
        Leave(1, generation);
        Leave(2, generation);
        Leave(3, generation);
        Assert.Equal(2, _metadata.Events.OfType<ReplicaLeaving>().Count());
        Assert.Equal([(_chunk, new Generation(generation))], StateReader.Leaving(_metadata.Store, new ServerId(1)));
        StateAudit.Check(_metadata.Store);
        Gone(3, generation);
        Gone(1, generation + 1);
        Gone(1, generation);
        Assert.Equal([new ReplicaGone(new ServerId(1), _chunk, new Generation(generation))], _metadata.Events.OfType<ReplicaGone>());
        Assert.Equal([2ul, 3ul], StateReader.Replicas(_metadata.Store, _chunk).Select(row => row.Server.Value));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void A_replica_that_the_record_does_not_know_may_leave_unless_its_chunk_was_never_allocated()
    {
        Update(new ChunkUpdate { ChunkId = _chunk.Value, Seal = true });
        _metadata.ReclaimAll();
        Assert.Empty(StateReader.Replicas(_metadata.Store, _chunk));
        Leave(1, 5);
        Assert.Equal([(_chunk, new Generation(5))], StateReader.Leaving(_metadata.Store, new ServerId(1)));
        int events = _metadata.Events.Count;
        _metadata.Propose(new Command
        {
            ChangeReplicas = new ChangeReplicas { Leaving = { new ReplicaKey { ChunkId = 1_000, ServerId = 1, Generation = 5 } } },
        });
        Assert.Equal(events, _metadata.Events.Count);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Registering_twice_with_one_nonce_registers_one_server()
    {
        var command = new RegisterServer { Nonce = 101, Address = "elsewhere:2", VolumeIds = { 9 } };
        Assert.Equal(1ul, _metadata.Propose(new Command { RegisterServer = command }).ServerId);
        var record = StateReader.Server(_metadata.Store, new ServerId(1))!;
        Assert.Equal("elsewhere:2", record.Address);
        Assert.Equal([1, 9], record.VolumeIds);
        command = new RegisterServer { ServerId = 1, Nonce = 102, Address = "thief:3" };
        Assert.Equal(ErrorCode.Refused, _metadata.Propose(new Command { RegisterServer = command }).Error);
        command = new RegisterServer { Nonce = 999, Address = "new:4" };
        Assert.Equal(4ul, _metadata.Propose(new Command { RegisterServer = command }).ServerId);
    }

    private CommandResult Map(SliceWrite slice) =>
        _metadata.Call(new ClientCommand { Commit = new Commit { Inode = _file, Slices = { slice } } });

    private CommandResult Update(ChunkUpdate update) =>
        _metadata.Call(new ClientCommand { UpdateChunks = new UpdateChunks { Chunks = { update } } });

    private (uint Length, uint Digest) Committed()
    {
        var record = StateReader.Chunk(_metadata.Store, _chunk)!;
        return (record.CommittedLength, record.CommittedDigest);
    }

    private ReplicaKey Key(ulong server, ulong generation) =>
        new() { ChunkId = _chunk.Value, ServerId = server, Generation = generation };

    private void Leave(ulong server, ulong generation) => _metadata.Propose(new Command
    {
        ChangeReplicas = new ChangeReplicas { Leaving = { Key(server, generation) } },
    });

    private void Gone(ulong server, ulong generation) => _metadata.Propose(new Command
    {
        ChangeReplicas = new ChangeReplicas { Gone = { Key(server, generation) } },
    });
}
