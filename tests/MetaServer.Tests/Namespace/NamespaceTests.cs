using DfsNet.MetaServer.Namespace;
using DfsNet.MetaServer.Tests.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.MetaServer.Tests.Namespace;

/// <summary>Names: what is refused and why, listings, and what rename does.</summary>
public class NamespaceTests
{
    private readonly MetadataInHand _metadata = new();

    public static TheoryData<string, ErrorCode> Names => new()
    {
        { new string('n', 255), ErrorCode.Unspecified },
        { new string('n', 256), ErrorCode.InvalidArgument },
        { "a\0b", ErrorCode.InvalidArgument },
        { ".", ErrorCode.InvalidArgument },
        { "..", ErrorCode.InvalidArgument },
        { "missing/../a", ErrorCode.InvalidArgument },
        { "", ErrorCode.InvalidArgument },
        { "/", ErrorCode.InvalidArgument },
        { "/a", ErrorCode.InvalidArgument },
        { "a/", ErrorCode.InvalidArgument },
        { "a//b", ErrorCode.InvalidArgument },
        { "missing/a", ErrorCode.NotFound },
        { "file/a", ErrorCode.NotADirectory },
        { "file/a/b", ErrorCode.NotADirectory },
        { "...", ErrorCode.Unspecified },
    };

    [Theory, MemberData(nameof(Names))]
    public void A_name_that_cannot_be_is_refused_by_every_command(string name, ErrorCode expected)
    {
        _metadata.CreateFile("file");
        _metadata.MakeDirectory("directory");
        Assert.Equal(expected, _metadata.MakeDirectory(name).Error);
        _metadata.RemoveDirectory(name);
        Assert.Equal(expected, _metadata.CreateFile(name).Error);
        _metadata.Unlink(name);
        Assert.Equal(expected, _metadata.Rename("directory", name).Error);
        _metadata.Rename(name, "directory");
        if (expected != ErrorCode.Unspecified)
        {
            Assert.Equal(expected, _metadata.Unlink(name).Error);
            Assert.Equal(expected, _metadata.RemoveDirectory(name).Error);
            Assert.Equal(expected, _metadata.Rename(name, "x").Error);
        }

        Assert.Equal(["directory", "file"], _metadata.List(""));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Names_are_bytes_and_need_not_be_text()
    {
        var name = ByteString.CopyFrom(0xff, 0xfe);
        var result = _metadata.Call(new ClientCommand { CreateFile = new CreateFile { Target = new PathRef { Path = name } } });
        Assert.Equal(ErrorCode.Unspecified, result.Error);
        using var snapshot = _metadata.Store.OpenSnapshot();
        Assert.Equal(result.Inode, NamespaceReader.Lookup(snapshot, new PathRef { Path = name }).Inode);
        Assert.Equal(name, NamespaceReader.List(snapshot, new PathRef(), [], 0).Entries.Single().Name);
    }

    [Fact]
    public void A_path_has_at_most_4096_bytes_and_any_number_of_levels_within()
    {
        string deep = string.Join('/', Enumerable.Repeat("d", 1_000));
        Assert.Equal(ErrorCode.Unspecified, _metadata.MakeDirectory(deep, parents: true).Error);
        string longest = string.Join('/', Enumerable.Repeat("d", 2_047)) + "/ab";
        Assert.Equal(4_096, longest.Length);
        Assert.Equal(ErrorCode.Unspecified, _metadata.MakeDirectory(longest, parents: true).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.MakeDirectory(longest + "c", parents: true).Error);
        Assert.Equal(2_049ul, MetaServer.State.StateReader.Counters(_metadata.Store).Directories);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Nothing_is_moved_into_bottomless_depth()
    {
        string longest = string.Join('/', Enumerable.Repeat("d", 2_048));
        ulong bottom = _metadata.MakeDirectory(longest, parents: true).Inode;
        _metadata.MakeDirectory("moved");
        var deeper = new Rename { Source = MetadataInHand.Path("moved"), Target = MetadataInHand.Path(bottom, "x") };
        Assert.Equal(ErrorCode.Unspecified, _metadata.Call(new ClientCommand { Rename = deeper }).Error);
        ulong below = _metadata.Call(new ClientCommand
        {
            MakeDirectory = new MakeDirectory { Target = MetadataInHand.Path(bottom, "x/y/z"), MakeParents = true },
        }).Inode;
        _metadata.MakeDirectory("other");
        deeper = new Rename { Source = MetadataInHand.Path("other"), Target = MetadataInHand.Path(below, "x") };
        Assert.Equal(ErrorCode.LimitExceeded, _metadata.Call(new ClientCommand { Rename = deeper }).Error);
    }

    [Fact]
    public void A_refusal_names_the_path_and_says_why()
    {
        Assert.Contains("/docs/a.txt", _metadata.CreateFile("docs/a.txt").Message);
        Assert.Contains("'docs'", _metadata.CreateFile("docs/a.txt").Message);
        string endless = string.Join('/', Enumerable.Repeat(new string('x', 200), 20));
        Assert.InRange(_metadata.CreateFile(endless).Message.Length, 100, 1_000);
    }

    [Fact]
    public void A_directory_is_listed_in_byte_order_page_by_page()
    {
        string[] names = ["A", "B", "a", "a.b", "aa", "z", "é"];
        foreach (string name in names.Reverse())
        {
            _metadata.CreateFile(name);
        }

        Assert.Equal(names, _metadata.List(""));
        Assert.Equal(names, _metadata.List("", 1));
        Assert.Equal(names, _metadata.List("", 3));
        using var snapshot = _metadata.Store.OpenSnapshot();
        var rest = NamespaceReader.List(snapshot, new PathRef(), "gone"u8, 10);
        Assert.Equal(["z", "é"], rest.Entries.Select(entry => entry.Name.ToStringUtf8()));
        Assert.Throws<DfsException>(() => NamespaceReader.List(snapshot, MetadataInHand.Path("a"), [], 0));
    }

    [Fact]
    public void Names_resolve_below_any_directory_inode()
    {
        ulong directory = _metadata.MakeDirectory("d/e", parents: true).Inode;
        var command = new ClientCommand { CreateFile = new CreateFile { Target = MetadataInHand.Path(directory, "f") } };
        ulong file = _metadata.Call(command).Inode;
        Assert.Equal(file, _metadata.Stat("d/e/f").Inode);
        command.CreateFile.Target = MetadataInHand.Path(file, "x");
        Assert.Equal(ErrorCode.NotADirectory, _metadata.Call(command).Error);
        command.CreateFile.Target = MetadataInHand.Path(12345, "x");
        Assert.Equal(ErrorCode.NotFound, _metadata.Call(command).Error);
    }

    [Fact]
    public void A_directory_cannot_be_moved_into_itself()
    {
        _metadata.MakeDirectory("a/b/c", parents: true);
        Assert.Equal(ErrorCode.WouldCycle, _metadata.Rename("a", "a/b/c/d").Error);
        Assert.Equal(ErrorCode.WouldCycle, _metadata.Rename("a", "a/x").Error);
        Assert.Equal(ErrorCode.DirectoryNotEmpty, _metadata.Rename("a/b/c", "a").Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Rename("a/b/c", "c").Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Rename("a", "c/a").Error);
        Assert.Equal(["b"], _metadata.List("c/a"));
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Offsets_and_lengths_beyond_the_longest_file_are_refused()
    {
        ulong file = _metadata.CreateFile("f").Inode;
        var chunk = _metadata.Allocate();
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Truncate(file, 1ul << 63).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Truncate(file, ulong.MaxValue).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Write(file, 1ul << 63, chunk, [1]).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Write(file, ulong.MaxValue, chunk, [1]).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Write(file, 0, chunk, []).Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.Truncate(file, (ulong)Limits.FileLengthMax).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Write(file, 0, chunk, [1], atEnd: true).Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Write(file, ulong.MaxValue - 10, chunk, [1], atEnd: true).Error);
        StateAudit.Check(_metadata.Store);
    }

    [Fact]
    public void Too_many_slices_in_one_command_are_refused()
    {
        ulong file = _metadata.CreateFile("f").Inode;
        var chunk = _metadata.Allocate();
        var commit = new Commit { Inode = file, Chunks = { _metadata.Append(chunk, [1]) } };
        for (ulong i = 0; i <= Limits.CommitSlicesMax; i++)
        {
            commit.Slices.Add(MetadataInHand.Slice(i * 2, chunk, 0, [1]));
        }

        Assert.Equal(ErrorCode.LimitExceeded, _metadata.Call(new ClientCommand { Commit = commit }).Error);
    }

    [Fact]
    public void The_root_is_neither_removed_nor_moved()
    {
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.RemoveDirectory("").Error);
        Assert.Equal(ErrorCode.InvalidArgument, _metadata.Rename("", "x").Error);
        Assert.Equal(ErrorCode.Unspecified, _metadata.MakeDirectory("", parents: true).Error);
    }
}
