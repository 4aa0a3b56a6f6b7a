using CsCheck;
using DfsNet.Consensus;
using DfsNet.Integrity;
using DfsNet.MetaServer.State;
using DfsNet.MetaServer.Store;
using DfsNet.MetaServer.Tests.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.Namespace;

/// <summary>Random lives of a namespace, compared with a simple tree after every command; crashes and replays are part of life.</summary>
public class NamespaceModelTests
{
    // Few names and levels: commands meet each other often.
    private static readonly Gen<string> Path =
        Gen.Char['a', 'c'].Select(name => name.ToString()).Array[1, 3].Select(names => string.Join('/', names));

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (4, Gen.Select(Path, Gen.Bool).Select((path, parents) => new Step("mkdir", w => w.MakeDirectory(path, parents), path))),
        (6, Gen.Select(Path, Gen.Bool, Gen.Bool, Gen.Int[0, 3], Gen.Int)
            .Select((path, parents, exclusive, pieces, seed) =>
                new Step("create", w => w.Create(path, parents, exclusive, pieces, seed), path))),
        (5, Gen.Select(Path, Path, Gen.Bool).Select((from, to, keep) => new Step("rename", w => w.Rename(from, to, keep), $"{from} {to}"))),
        (3, Path.Select(path => new Step("unlink", w => w.Unlink(path), path))),
        (3, Path.Select(path => new Step("rmdir", w => w.RemoveDirectory(path), path))),
        (10, Gen.Select(Path, Gen.Int[0, 9_000], Gen.Int[1, 4_000], Gen.Bool, Gen.Int)
            .Select((path, offset, length, atEnd, seed) => new Step("write", w => w.Write(path, offset, length, atEnd, seed), path))),
        (4, Gen.Select(Path, Gen.Int[0, 12_000]).Select((path, length) => new Step("truncate", w => w.Truncate(path, length), path))),
        (2, Gen.Const(new Step("leader seals", w => w.SealByLeader(), ""))),
        (1, Gen.Const(new Step("session ends", w => w.ChangeSession(), ""))),
        (1, Gen.Const(new Step("reclaim", w => w.Metadata.ReclaimAll(), ""))),
        (2, Gen.Int.Select(seed => new Step("crash", w => w.Crash(seed), ""))));

    [Fact]
    public void A_namespace_lives_as_a_simple_tree_would() => Steps.Array[1, 60].Sample(
        steps =>
        {
            var world = new World();
            foreach (var step in steps)
            {
                step.Run(world);
                StateAudit.Check(world.Metadata.Store);
            }

            world.Compare();
            world.CompareWithFreshReplay();
        },
        iter: 300,
        threads: 1,
        print: steps => string.Join("; ", steps.Select(step => $"{step.Name} {step.Argument}")));

    private sealed record Step(string Name, Action<World> Run, string Argument);

    private sealed class World
    {
        private readonly MemoryStateStore _store = new();
        private readonly ModelTree _tree = new();
        private ulong _nonce = 10;
        private ChunkId _chunk;

        public World()
        {
            Metadata = new MetadataInHand(_store);
            _chunk = Metadata.Allocate();
        }

        public MetadataInHand Metadata { get; }

        public void MakeDirectory(string path, bool parents) =>
            Assert.Equal(_tree.MakeDirectory(path, parents), Metadata.MakeDirectory(path, parents).Error);

        public void Create(string path, bool parents, bool exclusive, int pieces, int seed)
        {
            var random = new Random(seed);
            var command = new CreateFile { Target = MetadataInHand.Path(path), MakeParents = parents };
            var content = new ModelTree.Node([]);
            command.Condition = new Condition { MustNotExist = exclusive };
            EnsureRoom(pieces * 1_000);
            for (int i = 0; i < pieces; i++)
            {
                byte[] data = Bytes(random, random.Next(1, 1_000));
                int offset = random.Next(2_000);
                uint start = Metadata.WordOn(_chunk).Length;
                Metadata.Append(_chunk, data);
                command.Slices.Add(MetadataInHand.Slice((ulong)offset, _chunk, start, data));
                content.Write(offset, data);
            }

            command.Chunks.Add(Metadata.WordOn(_chunk));
            var expected = _tree.Create(path, content.Content, parents, exclusive);
            Assert.Equal(expected, Metadata.Call(new ClientCommand { CreateFile = command }).Error);
        }

        public void Rename(string source, string target, bool noReplace) =>
            Assert.Equal(_tree.Rename(source, target, noReplace), Metadata.Rename(source, target, noReplace).Error);

        public void Unlink(string path) => Assert.Equal(_tree.Unlink(path), Metadata.Unlink(path).Error);

        public void RemoveDirectory(string path) => Assert.Equal(_tree.RemoveDirectory(path), Metadata.RemoveDirectory(path).Error);

        public void Write(string path, int offset, int length, bool atEnd, int seed)
        {
            if (_tree.FindFile(path) is not { } file)
            {
                return;
            }

            EnsureRoom(length);
            byte[] data = Bytes(new Random(seed), length);
            ulong origin = atEnd ? (ulong)file.Content.Length : 0;
            var result = Metadata.Write(Metadata.Stat(path).Inode, atEnd ? 0 : (ulong)offset, _chunk, data, atEnd);
            Assert.Equal((ErrorCode.Unspecified, origin), (result.Error, result.FileOffset));
            file.Write(atEnd ? file.Content.Length : offset, data);
            Assert.Equal(file.Content, Metadata.Read(path));
        }

        public void Truncate(string path, int length)
        {
            if (_tree.FindFile(path) is { } file)
            {
                var before = Metadata.Stat(path);
                var result = Metadata.Truncate(before.Inode, (ulong)length);
                file.Resize(length);
                Assert.Equal((ErrorCode.Unspecified, false, (ulong)length), (result.Error, result.More, result.Length));
                Assert.True(result.Version > before.Version);
                Assert.Equal(file.Content, Metadata.Read(path));
            }
        }

        public void SealByLeader()
        {
            Metadata.Propose(new Command { SealChunk = new SealChunk { ChunkId = _chunk.Value } });
            _chunk = Metadata.Allocate();
        }

        public void ChangeSession()
        {
            var ended = Metadata.Session;
            Assert.Equal(ErrorCode.Unspecified, Metadata.EndSession(ended).Error);
            Assert.Equal(ErrorCode.SessionEnded, Metadata.MakeDirectory("a").Error);
            Metadata.Session = Metadata.OpenSession(_nonce++);
            _chunk = Metadata.Allocate();
        }

        public void Crash(int seed)
        {
            var random = new Random(seed);
            if (random.Next(3) == 0)
            {
                Assert.Equal((ulong)Metadata.Log.Count, _store.FlushAsync().AsTask().Result);
            }

            string before = Print(_store);
            _store.Crash(random);
            StateAudit.Check(_store);
            Metadata.Replay();
            Assert.Equal(before, Print(_store));
        }

        public void Compare()
        {
            foreach (var (path, node) in _tree.All())
            {
                if (node.Children is null)
                {
                    Assert.Equal(node.Content, Metadata.Read(path));
                }
                else
                {
                    Assert.Equal(node.Children.Keys, Metadata.List(path, 2));
                    Assert.Equal((ulong)node.Children.Count, Metadata.Stat(path).Length);
                }
            }

            Assert.Equal(_tree.Root.Children!.Keys, Metadata.List(""));
        }

        public void CompareWithFreshReplay()
        {
            var store = new MemoryStateStore();
            var machine = new StateMachine(store);
            for (int i = 0; i < Metadata.Log.Count; i++)
            {
                machine.Apply(new LogPoint(1, (ulong)i + 1), Metadata.Log[i]);
            }

            Assert.Equal(Print(_store), Print(store));
        }

        private static string Print(IStateStore store) => string.Join(
            '\n', store.Scan([], [0xff]).Select(pair => $"{Convert.ToHexString(pair.Key)}={Crc32C.Compute(pair.Value):x8}"));

        private static byte[] Bytes(Random random, int length)
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            return data;
        }

        private void EnsureRoom(int length)
        {
            var word = Metadata.WordOn(_chunk);
            if (word.Length + length > MetadataInHand.ChunkSize / 8)
            {
                word.Seal = true;
                word.Release = true;
                var result = Metadata.Call(new ClientCommand { UpdateChunks = new UpdateChunks { Chunks = { word } } });
                Assert.Equal(ErrorCode.Unspecified, result.Error);
                _chunk = Metadata.Allocate();
            }
        }
    }
}
