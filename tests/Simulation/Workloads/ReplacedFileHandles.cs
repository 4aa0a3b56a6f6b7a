using DfsNet.Simulation.Checkers.Linearizability;
using DfsNet.Simulation.Checkers.Recording;

namespace DfsNet.Simulation.Workloads;

/// <summary>The handles with which the users of a desk read files that are replaced and removed meanwhile.</summary>
internal sealed class ReplacedFileHandles(Desk desk, RecordedNames names)
{
    private readonly Dictionary<(int User, string Path), ReplacedFileHandle> _open = [];
    private readonly List<ReplacedFileHandle> _all = [];

    /// <summary>Reads with the handle at hand, or with a new one.</summary>
    /// <param name="user">Who reads.</param>
    /// <param name="path">What.</param>
    /// <param name="random">Where.</param>
    /// <param name="closes">One of so many operations closes the handle.</param>
    public async Task ReadAsync(User user, string path, Random random, int closes)
    {
        var key = (desk.NumberOf(user), path);
        if (!_open.TryGetValue(key, out var handle) || !handle.IsOpen)
        {
            handle = new ReplacedFileHandle(desk, user, names, path);
            if (!await handle.OpenAsync().ConfigureAwait(false))
            {
                return;
            }

            _open[key] = handle;
            _all.Add(handle);
        }

        bool works = await handle.ReadAsync(random).ConfigureAwait(false);
        if (!works || random.Next(closes) == 0)
        {
            _open.Remove(key);
            await handle.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What was read, and turned out later to have been refused.</summary>
    public IEnumerable<string> Check() => _all.SelectMany(handle => handle.Reader.Seen).Distinct()
        .Where(call => call.Outcome == Checkers.Recording.Outcome.Refused)
        .Select(call => $"somebody has read what was refused: {call.Operation}");
}
