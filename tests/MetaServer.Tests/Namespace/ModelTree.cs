using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Tests.Namespace;

/// <summary>What the namespace should be, said as simply as possible: nested dictionaries and byte arrays.</summary>
internal sealed class ModelTree
{
    private readonly Node _root = new();

    public Node Root => _root;

    public ErrorCode MakeDirectory(string path, bool parents)
    {
        var error = FindParent(path, parents, out var directory, out string name);
        if (error != ErrorCode.Unspecified)
        {
            return error;
        }

        if (directory.Children!.TryGetValue(name, out var existing))
        {
            return parents && existing.Children is not null ? ErrorCode.Unspecified : ErrorCode.AlreadyExists;
        }

        directory.Children.Add(name, new Node());
        return ErrorCode.Unspecified;
    }

    public ErrorCode Create(string path, byte[] content, bool parents, bool exclusive)
    {
        var error = FindParent(path, parents, out var directory, out string name);
        if (error != ErrorCode.Unspecified)
        {
            return error;
        }

        if (directory.Children!.TryGetValue(name, out var existing))
        {
            if (exclusive || existing.Children is not null)
            {
                return exclusive ? ErrorCode.AlreadyExists : ErrorCode.IsADirectory;
            }

            existing.Content = content;
            return ErrorCode.Unspecified;
        }

        directory.Children.Add(name, new Node(content));
        return ErrorCode.Unspecified;
    }

    public ErrorCode Rename(string source, string target, bool noReplace)
    {
        var error = FindParent(source, false, out var from, out string oldName);
        error = error != ErrorCode.Unspecified ? error : FindParent(target, false, out _, out _);
        if (error != ErrorCode.Unspecified)
        {
            return error;
        }

        FindParent(target, false, out var to, out string newName);
        if (!from.Children!.TryGetValue(oldName, out var moved))
        {
            return ErrorCode.NotFound;
        }

        to.Children!.TryGetValue(newName, out var existing);
        if (existing is not null && noReplace)
        {
            return ErrorCode.AlreadyExists;
        }

        if (existing == moved)
        {
            return ErrorCode.Unspecified;
        }

        if (moved.Holds(to))
        {
            return ErrorCode.WouldCycle;
        }

        error = (existing?.Children, moved.Children) switch
        {
            ({ Count: > 0 }, not null) => ErrorCode.DirectoryNotEmpty,
            (not null, null) => ErrorCode.IsADirectory,
            (null, not null) when existing is not null => ErrorCode.NotADirectory,
            _ => ErrorCode.Unspecified,
        };
        if (error == ErrorCode.Unspecified)
        {
            from.Children.Remove(oldName);
            to.Children[newName] = moved;
        }

        return error;
    }

    public ErrorCode Unlink(string path)
    {
        var error = Find(path, out var directory, out string name, out var found);
        if (error == ErrorCode.Unspecified && found.Children is not null)
        {
            error = ErrorCode.IsADirectory;
        }

        if (error == ErrorCode.Unspecified)
        {
            directory.Children!.Remove(name);
        }

        return error;
    }

    public ErrorCode RemoveDirectory(string path)
    {
        var error = Find(path, out var directory, out string name, out var found);
        if (error == ErrorCode.Unspecified)
        {
            error = found.Children is null ? ErrorCode.NotADirectory
                : found.Children.Count > 0 ? ErrorCode.DirectoryNotEmpty
                : ErrorCode.Unspecified;
        }

        if (error == ErrorCode.Unspecified)
        {
            directory.Children!.Remove(name);
        }

        return error;
    }

    public Node? FindFile(string path) =>
        Find(path, out _, out _, out var found) == ErrorCode.Unspecified && found.Children is null ? found : null;

    public IEnumerable<(string Path, Node Node)> All() => Below("", _root);

    private static IEnumerable<(string Path, Node Node)> Below(string path, Node directory) =>
        directory.Children!.SelectMany(child =>
        {
            string below = path.Length == 0 ? child.Key : $"{path}/{child.Key}";
            var self = new[] { (below, child.Value) };
            return child.Value.Children is null ? self : self.Concat(Below(below, child.Value));
        });

    private ErrorCode Find(string path, out Node directory, out string name, out Node found)
    {
        found = _root;
        var error = FindParent(path, false, out directory, out name);
        return error != ErrorCode.Unspecified ? error
            : directory.Children!.TryGetValue(name, out found!) ? ErrorCode.Unspecified
            : ErrorCode.NotFound;
    }

    private ErrorCode FindParent(string path, bool create, out Node directory, out string name)
    {
        string[] names = path.Split('/');
        directory = _root;
        name = names[^1];
        foreach (string step in names[..^1])
        {
            if (!directory.Children!.TryGetValue(step, out var next))
            {
                if (!create)
                {
                    return ErrorCode.NotFound;
                }

                directory.Children.Add(step, next = new Node());
            }

            if (next.Children is null)
            {
                return ErrorCode.NotADirectory;
            }

            directory = next;
        }

        return ErrorCode.Unspecified;
    }

    /// <summary>A file (content) or a directory (children).</summary>
    internal sealed class Node
    {
        public Node() => Children = new SortedDictionary<string, Node>(StringComparer.Ordinal);

        public Node(byte[] content) => Content = content;

        public SortedDictionary<string, Node>? Children { get; }

        public byte[] Content { get; set; } = [];

        public bool Holds(Node other) => this == other || (Children?.Values.Any(child => child.Holds(other)) ?? false);

        public void Write(int offset, byte[] data)
        {
            Resize(Math.Max(Content.Length, offset + data.Length));
            data.CopyTo(Content, offset);
        }

        public void Resize(int length)
        {
            byte[] content = new byte[length];
            Content.AsSpan(0, Math.Min(length, Content.Length)).CopyTo(content);
            Content = content;
        }
    }
}
