using System.Text;
using DfsNet.MetaServer.State;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Namespace;

/// <summary>A name below an inode, as a request gives it: checked and split into its components.</summary>
internal sealed class PathName
{
    private const int ShownCharactersMax = 400;

    private readonly PathRef _path;

    private PathName(PathRef path, List<ReadOnlyMemory<byte>> components)
    {
        _path = path;
        Components = components;
        Start = path.Inode == 0 ? InodeId.Root : new InodeId(path.Inode);
    }

    /// <summary>Where the walk begins.</summary>
    public InodeId Start { get; }

    /// <summary>Names of 1 to 255 bytes; none for the inode itself.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Components { get; }

    /// <summary>Refuses what can never name anything.</summary>
    public static PathName Parse(PathRef? path)
    {
        path ??= new PathRef();
        var rest = path.Path.Memory;
        var components = new List<ReadOnlyMemory<byte>>();
        var name = new PathName(path, components);
        if (rest.Length > Limits.PathBytesMax)
        {
            throw name.Refuse(ErrorCode.InvalidArgument, $"the path has {rest.Length} bytes, {Limits.PathBytesMax} is the most");
        }

        while (!rest.IsEmpty)
        {
            int slash = rest.Span.IndexOf((byte)'/');
            var component = slash < 0 ? rest : rest[..slash];
            if (FindFault(component.Span) is { } fault)
            {
                throw name.Refuse(ErrorCode.InvalidArgument, fault);
            }

            components.Add(component);
            rest = slash < 0 ? default : rest[(slash + 1)..];
            if (slash >= 0 && rest.IsEmpty)
            {
                throw name.Refuse(ErrorCode.InvalidArgument, "a path does not end with '/'");
            }
        }

        return name;
    }

    public DfsException Refuse(ErrorCode code, string what) => Refusal.Because(code, $"{this}: {what}");

    public override string ToString()
    {
        string text = Encoding.UTF8.GetString(_path.Path.Span);
        text = Start == InodeId.Root ? $"/{text}" : text.Length == 0 ? $"inode {Start}" : $"inode {Start}/{text}";
        return text.Length <= ShownCharactersMax ? text : $"{text[..(ShownCharactersMax / 2)]}…{text[^(ShownCharactersMax / 2)..]}";
    }

    private static string? FindFault(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return "a name between two '/' is empty";
        }

        if (name.Length > Limits.NameBytesMax)
        {
            return $"a name has {name.Length} bytes, {Limits.NameBytesMax} is the most";
        }

        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return "'.' and '..' are no names here";
        }

        return name.Contains((byte)0) ? "a name contains a zero byte" : null;
    }
}
