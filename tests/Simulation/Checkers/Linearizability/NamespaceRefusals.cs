using DfsNet.Protocol.Wire;

namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>Why the namespace would refuse an operation in a state: every error that applies.</summary>
internal static class NamespaceRefusals
{
    public static ErrorSet Of(NamespaceState state, NamespaceOperation operation) => operation switch
    {
        MakeDirectoryCall make => OfMakeDirectory(state, make),
        RemoveDirectoryCall remove => OfRemoveDirectory(state, remove),
        PutCall put => OfPut(state, put),
        DeleteCall delete => OfExisting(state, delete.Path, wantsFile: true),
        MoveCall move => OfMove(state, move),
        StatCall stat => OfStat(state, stat.Path),
        ListCall list => OfList(state, list),
        _ => OfRead(state, operation),
    };

    /// <summary>Of what needs a file, and changes no name.</summary>
    public static ErrorSet OfRead(NamespaceState state, NamespaceOperation operation) =>
        OfExisting(state, operation.Path, wantsFile: true);

    private static ErrorSet OfMakeDirectory(NamespaceState state, MakeDirectoryCall make)
    {
        if (make.Path.IsRoot)
        {
            return ErrorSet.When(!make.Parents, ErrorCode.AlreadyExists);
        }

        var walk = OfWalk(state, make.Path, make.Parents);
        var existing = state.Find(make.Path.Text);
        return walk | ErrorSet.When(existing is not null && !(make.Parents && existing.IsDirectory), ErrorCode.AlreadyExists);
    }

    private static ErrorSet OfRemoveDirectory(NamespaceState state, RemoveDirectoryCall remove) =>
        OfExisting(state, remove.Path, wantsFile: false)
        | ErrorSet.When(state.HasEntriesIn(remove.Path.Below), ErrorCode.DirectoryNotEmpty);

    private static ErrorSet OfPut(NamespaceState state, PutCall put)
    {
        var existing = state.Find(put.Path.Text);
        return OfWalk(state, put.Path, put.Parents)
            | ErrorSet.When(existing is { IsDirectory: true }, ErrorCode.IsADirectory)
            | ErrorSet.When(existing is not null && !put.Overwrite, ErrorCode.AlreadyExists);
    }

    private static ErrorSet OfMove(NamespaceState state, MoveCall move)
    {
        var walks = OfWalk(state, move.Path, makesParents: false) | OfWalk(state, move.Target, makesParents: false);
        var source = state.Find(move.Path.Text);
        var target = state.Find(move.Target.Text);
        bool movesDirectory = source is { IsDirectory: true };
        var errors = walks
            | ErrorSet.When(source is null, ErrorCode.NotFound)
            | ErrorSet.When(target is not null && !move.Replace, ErrorCode.AlreadyExists)
            | ErrorSet.When(
                movesDirectory && move.Target.Text.StartsWith(move.Path.Below, StringComparison.Ordinal), ErrorCode.WouldCycle);
        if (source is null || target is null || move.Path.Text == move.Target.Text)
        {
            return errors;
        }

        return errors
            | ErrorSet.When(target.IsDirectory && !movesDirectory, ErrorCode.IsADirectory)
            | ErrorSet.When(!target.IsDirectory && movesDirectory, ErrorCode.NotADirectory)
            | ErrorSet.When(movesDirectory && state.HasEntriesIn(move.Target.Below), ErrorCode.DirectoryNotEmpty);
    }

    private static ErrorSet OfStat(NamespaceState state, NamePath path) =>
        path.IsRoot
            ? default
            : OfWalk(state, path, makesParents: false) | ErrorSet.When(state.Find(path.Text) is null, ErrorCode.NotFound);

    /// <summary>The client asks twice: a directory at first, a file then, gives NotADirectory; a file at once gives itself.</summary>
    private static ErrorSet OfList(NamespaceState state, ListCall list)
    {
        var errors = OfStat(state, list.Path);
        bool isFile = !list.Path.IsRoot && state.Find(list.Path.Text) is { IsDirectory: false };
        return errors | ErrorSet.When(isFile && list.Error == ErrorCode.NotADirectory, ErrorCode.NotADirectory);
    }

    private static ErrorSet OfExisting(NamespaceState state, NamePath path, bool wantsFile)
    {
        if (path.IsRoot)
        {
            return ErrorSet.When(wantsFile, ErrorCode.IsADirectory);
        }

        var existing = state.Find(path.Text);
        return OfWalk(state, path, makesParents: false)
            | ErrorSet.When(existing is null, ErrorCode.NotFound)
            | ErrorSet.When(existing is { IsDirectory: true } && wantsFile, ErrorCode.IsADirectory)
            | ErrorSet.When(existing is { IsDirectory: false } && !wantsFile, ErrorCode.NotADirectory);
    }

    /// <summary>Of following the directories of a path; what fails there hides everything behind it.</summary>
    private static ErrorSet OfWalk(NamespaceState state, NamePath path, bool makesParents)
    {
        foreach (string ancestor in path.Ancestors)
        {
            if (state.Find(ancestor) is not { } entry)
            {
                return ErrorSet.When(!makesParents, ErrorCode.NotFound);
            }

            if (!entry.IsDirectory)
            {
                return ErrorSet.Of(ErrorCode.NotADirectory);
            }
        }

        return default;
    }
}
