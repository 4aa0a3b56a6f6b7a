using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>
/// What the namespace does when it does one thing after the other, as the rules of the metadata server's commands say. Where several errors
/// apply, any of them is right. Truncating and reading go on with the inode of what they found under the name: each may be preceded by a
/// <see cref="FindFileStep"/>, and then acts on that file wherever it is.
/// <para>
/// A file that is replaced keeps its inode here, but may have lost it as well: whether the metadata server gives the old inode a new map or
/// links a new inode depends on how the file was stored, and no client can tell.
/// </para>
/// </summary>
internal sealed class NamespaceModel : ISequentialModel<NamespaceState, NamespaceOperation>
{
    private static readonly int[] Nobody = [];

    public NamespaceState Initial => NamespaceState.Empty;

    public bool IsObservation(NamespaceOperation operation) => !operation.IsChange || operation.Error != ErrorCode.Unspecified;

    public bool AreEqual(NamespaceState one, NamespaceState other) => one.IsSame(other);

    public ulong Hash(NamespaceState state) => state.Hash;

    public bool TryStep(NamespaceState state, NamespaceOperation operation, out NamespaceState next)
    {
        next = state;
        switch (operation)
        {
            case FindFileStep find:
                return TryFind(state, find, out next);
            case ReadCall read:
                next = state.WithoutCall(read.Call);
                return AgreesWithName(state, read) || AgreesWithFound(state, read);
            case TruncateCall truncate:
                return TryTruncate(state, truncate, out next);
        }

        var refusals = NamespaceRefusals.Of(state, operation);
        if (operation.Error != ErrorCode.Unspecified || !refusals.IsEmpty)
        {
            return operation.Error != ErrorCode.Unspecified && refusals.Contains(operation.Error);
        }

        return TryApply(state, operation, out next);
    }

    public string Describe(NamespaceState state, NamespaceOperation operation)
    {
        string shown = string.Join(", ", Nearby(state, operation).Select(
            entry => entry.IsDirectory ? $"{entry.Path}/" : $"{entry.Path} ({entry.Content})"));
        return $"{(shown.Length == 0 ? "nothing there" : shown)}; it would give {NamespaceRefusals.Of(state, operation)}";
    }

    private static bool AgreesWithName(NamespaceState state, ReadCall read)
    {
        var refusals = NamespaceRefusals.OfRead(state, read);
        return read.Error != ErrorCode.Unspecified
            ? refusals.Contains(read.Error)
            : refusals.IsEmpty && read.Seen!.Is(state.Find(read.Path.Text)!.Content);
    }

    private static List<NameEntry> Nearby(NamespaceState state, NamespaceOperation operation)
    {
        var near = new List<NameEntry>();
        foreach (var entry in state.Entries)
        {
            if (IsNear(entry, operation.Path) || (operation is MoveCall move && IsNear(entry, move.Target)))
            {
                near.Add(entry);
            }
        }

        return near;
    }

    private static bool IsNear(NameEntry entry, NamePath path) =>
        entry.Path == path.Text || entry.IsIn(path.Below) || Array.IndexOf(path.Ancestors, entry.Path) >= 0;

    private static bool TryFind(NamespaceState state, FindFileStep find, out NamespaceState next)
    {
        next = state;
        if (state.Find(find.Path.Text) is not { IsDirectory: false } entry)
        {
            return false;
        }

        next = state.With(entry.Found(find.Call));
        return true;
    }

    /// <summary>What a read that had found its file before may give now.</summary>
    private static bool AgreesWithFound(NamespaceState state, ReadCall read) => read.Error switch
    {
        ErrorCode.Unspecified => state.FindFoundBy(read.Call) is { } found && read.Seen!.Is(found.Content),
        ErrorCode.NotFound => state.IsLost(read.Call),
        _ => false,
    };

    private static bool TryTruncate(NamespaceState state, TruncateCall truncate, out NamespaceState next)
    {
        next = state.WithoutCall(truncate.Call);
        var refusals = NamespaceRefusals.OfRead(state, truncate);
        if (truncate.Error != ErrorCode.Unspecified)
        {
            return refusals.Contains(truncate.Error) || (truncate.Error == ErrorCode.NotFound && state.IsLost(truncate.Call));
        }

        var file = state.FindFoundBy(truncate.Call) ?? (refusals.IsEmpty ? state.Find(truncate.Path.Text) : null);
        if (file is null)
        {
            return false;
        }

        next = next.With(next.Find(file.Path)!.Holding(file.Content.Truncate(truncate.Length)));
        return true;
    }

    private static bool TryApply(NamespaceState state, NamespaceOperation operation, out NamespaceState next)
    {
        next = state;
        switch (operation)
        {
            case MakeDirectoryCall make:
                next = WithDirectories(state, make.Path, make.Parents);
                return true;
            case RemoveDirectoryCall remove:
                next = state.Without(state.Find(remove.Path.Text)!);
                return true;
            case PutCall put:
                next = Put(state, put);
                return true;
            case DeleteCall delete:
                next = Unlink(state, state.Find(delete.Path.Text)!);
                return true;
            case MoveCall move:
                next = Move(state, move);
                return true;
            case StatCall stat:
                return Shows(state, stat.Path, stat.Seen!);
            case ListCall list:
                return Lists(state, list.Path, list.Seen!);
            default:
                throw new ArgumentException($"no operation of the namespace: {operation}", nameof(operation));
        }
    }

    private static NamespaceState WithDirectories(NamespaceState state, NamePath path, bool parents)
    {
        if (parents)
        {
            foreach (string ancestor in path.Ancestors)
            {
                state = WithDirectory(state, ancestor);
            }
        }

        return path.IsRoot ? state : WithDirectory(state, path.Text);
    }

    private static NamespaceState WithDirectory(NamespaceState state, string path) =>
        state.Find(path) is null ? state.With(new NameEntry(path, true, default, Nobody)) : state;

    private static NamespaceState Put(NamespaceState state, PutCall put)
    {
        if (put.Parents)
        {
            foreach (string ancestor in put.Path.Ancestors)
            {
                state = WithDirectory(state, ancestor);
            }
        }

        var content = FileContent.Stored(put.Pattern, put.Length);
        return state.Find(put.Path.Text) is { } old
            ? state.WithLost(old).With(old.Holding(content))
            : state.With(new NameEntry(put.Path.Text, false, content, Nobody));
    }

    private static NamespaceState Unlink(NamespaceState state, NameEntry entry) => state.WithLost(entry).Without(entry);

    private static NamespaceState Move(NamespaceState state, MoveCall move)
    {
        if (move.Path.Text == move.Target.Text)
        {
            return state;
        }

        if (state.Find(move.Target.Text) is { } replaced)
        {
            state = Unlink(state, replaced);
        }

        return state.WithMoved(move.Path, move.Target);
    }

    private static bool Shows(NamespaceState state, NamePath path, SeenName seen)
    {
        bool isDirectory = path.IsRoot || state.Find(path.Text)!.IsDirectory;
        long length = isDirectory ? state.CountIn(path.Below) : state.Find(path.Text)!.Content.Length;
        return seen.IsDirectory == isDirectory && seen.Length == length;
    }

    private static bool Lists(NamespaceState state, NamePath path, IReadOnlyList<SeenName> seen)
    {
        if (!path.IsRoot && !state.Find(path.Text)!.IsDirectory)
        {
            return seen is [{ Name: "", IsDirectory: false } itself] && itself.Length == state.Find(path.Text)!.Content.Length;
        }

        int next = 0;
        foreach (var entry in state.Entries)
        {
            if (entry.IsIn(path.Below) && (next == seen.Count || !IsEntry(entry, path, seen[next++])))
            {
                return false;
            }
        }

        return next == seen.Count;
    }

    private static bool IsEntry(NameEntry entry, NamePath directory, SeenName seen) =>
        seen.IsDirectory == entry.IsDirectory
        && entry.Path.AsSpan(directory.Below.Length).SequenceEqual(seen.Name)
        && (entry.IsDirectory || entry.Content.Length == seen.Length);
}
