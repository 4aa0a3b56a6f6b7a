namespace DfsNet.Cli.Local;

/// <summary>Something found below a directory.</summary>
/// <param name="Relative">Path below the directory, with '/'.</param>
/// <param name="Problem">Empty, or why this is not taken.</param>
/// <param name="Failed">The problem is a failure, not a choice.</param>
internal sealed record LocalTreeItem(LocalEntry Entry, string Relative, string Problem = "", bool Failed = false);

/// <summary>Walks a local directory; each directory comes before its content. Memory holds directories that wait, not files.</summary>
internal static class LocalTree
{
    public static IEnumerable<LocalTreeItem> Walk(LocalEntry root, bool followLinks)
    {
        var waiting = new Stack<Place>();
        waiting.Push(new Place(root, "", null));
        while (waiting.TryPop(out var place))
        {
            using var names = Open(place, out var problem);
            if (names is null)
            {
                yield return new LocalTreeItem(place.Entry, place.Relative, problem, Failed: true);
                continue;
            }

            while (true)
            {
                bool more = TryNext(names, out problem);
                if (problem.Length != 0)
                {
                    yield return new LocalTreeItem(place.Entry, place.Relative, problem, Failed: true);
                }

                if (!more)
                {
                    break;
                }

                var item = Look(place, names.Current, followLinks);
                yield return item;
                if (item is { Problem: "", Entry.Kind: LocalKind.Directory })
                {
                    waiting.Push(new Place(item.Entry, item.Relative, place));
                }
            }
        }
    }

    private static LocalTreeItem Look(Place place, string name, bool followLinks)
    {
        string path = Path.Combine(place.Entry.Path, name);
        string relative = place.Relative.Length == 0 ? name : $"{place.Relative}/{name}";
        LocalEntry entry;
        try
        {
            entry = LocalFiles.Inspect(path, followLinks);
        }
        catch (IOException error)
        {
            return new LocalTreeItem(new LocalEntry(path, LocalKind.Missing, 0, 0, path), relative, error.Message, Failed: true);
        }

        return entry.Kind switch
        {
            LocalKind.Link => new LocalTreeItem(entry, relative, "symbolic link, skipped (-L follows it)"),
            LocalKind.Special => new LocalTreeItem(entry, relative, "pipe, socket or device, skipped"),
            // The runtime replaces bytes that are not UTF-8, and then does not find the file.
            LocalKind.Missing when name.Contains('\ufffd') =>
                new LocalTreeItem(entry, relative, "its name is not valid UTF-8; rename it", Failed: true),
            LocalKind.Missing => new LocalTreeItem(
                entry, relative, followLinks ? "vanished, or a symbolic link that leads nowhere" : "vanished", Failed: true),
            LocalKind.Directory when place.IsBelow(entry.Identity) =>
                new LocalTreeItem(entry, relative, "leads back to a directory above it, skipped"),
            _ => new LocalTreeItem(entry, relative),
        };
    }

    private static IEnumerator<string>? Open(Place place, out string problem)
    {
        problem = "";
        try
        {
            return LocalFiles.Names(place.Entry.Path).GetEnumerator();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = error.Message;
            return null;
        }
    }

    private static bool TryNext(IEnumerator<string> names, out string problem)
    {
        problem = "";
        try
        {
            return names.MoveNext();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = error.Message;
            return false;
        }
    }

    /// <summary>A directory and the way to it.</summary>
    private sealed record Place(LocalEntry Entry, string Relative, Place? Parent)
    {
        public bool IsBelow(string identity)
        {
            for (var place = this; place is not null; place = place.Parent)
            {
                if (place.Entry.Identity == identity)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
