using System.Globalization;
using DfsNet.Client;

namespace DfsNet.Cli.Drills;

/// <summary>What those who used the file system noticed.</summary>
internal sealed record DrillExperience(
    TimeSpan SlowestRead,
    TimeSpan SlowestWrite,
    TimeSpan SlowestName,
    long Failed,
    long WrongBytes,
    long LostBytes,
    IReadOnlyList<string> Said)
{
    /// <summary>What must never be, after any fault.</summary>
    public void AddLosses(List<DrillCheck> checks, List<string> remarks)
    {
        checks.Add(DrillCheck.None("failed operations", Failed));
        checks.Add(DrillCheck.None("wrong bytes", WrongBytes));
        checks.Add(DrillCheck.None("lost bytes", LostBytes));
        remarks.AddRange(Said);
    }
}

/// <summary>
/// Uses the file system while it is struck: reads one file, writes others, makes and removes directories; everything that was acknowledged
/// is read back at the end.
/// </summary>
internal sealed class DrillLoad : IAsyncDisposable
{
    private const int Readers = 2;
    private const int Writers = 2;

    private readonly DfsClient _files;
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly DrillTrouble _trouble = new();
    private readonly List<(DrillReader Reader, DrillUser User)> _readers = [];
    private readonly List<(DrillWriter Writer, DrillUser User)> _writers = [];
    private readonly DrillUser _names;

    // Guards the list: writers add to it.
    private readonly Lock _lock = new();
    private readonly List<DrillFile> _written = [];
    private Task _all = Task.CompletedTask;

    public DrillLoad(DfsClient files, DrillFile content, string directory, TimeProvider time)
    {
        _files = files;
        Content = content;
        _directory = directory;
        _time = time;
        _names = new DrillUser(time);
    }

    /// <summary>The file that is read.</summary>
    public DrillFile Content { get; }

    /// <summary>The files that are written at this moment.</summary>
    public IEnumerable<string> OpenPaths => _writers.Select(pair => pair.Writer.File?.Path).OfType<string>();

    public void Start()
    {
        for (int number = 0; number < Readers; number++)
        {
            _readers.Add((new DrillReader(_files, Content, new Random(number), _trouble), new DrillUser(_time)));
        }

        for (int number = 0; number < Writers; number++)
        {
            _writers.Add((new DrillWriter(_files, NextFile), new DrillUser(_time)));
        }

        var tasks = _readers.Select(pair => pair.User.RunAsync(pair.Reader.ReadAsync, _trouble, _stop.Token))
            .Concat(_writers.Select(pair => pair.User.RunAsync(pair.Writer.WriteAsync, _trouble, _stop.Token)))
            .Append(_names.RunAsync(MakeAndRemoveAsync, _trouble, _stop.Token));
        _all = Task.WhenAll(tasks.ToList());
    }

    /// <summary>Forgets how long things took and what failed.</summary>
    public void Restart()
    {
        foreach (var user in Users)
        {
            user.Pulse.Restart();
        }

        _trouble.Take();
    }

    /// <summary>What was noticed since <see cref="Restart"/>; reads back what was written since the last time.</summary>
    public async Task<DrillExperience> TakeAsync(CancellationToken cancellation)
    {
        var (reads, writes, names) = (
            _readers.Max(pair => pair.User.Pulse.Longest), _writers.Max(pair => pair.User.Pulse.Longest), _names.Pulse.Longest);
        var (failed, wrong, said) = _trouble.Take();
        long lost = 0;
        foreach (var file in TakeWritten())
        {
            var (differ, missing) = await file.VerifyAsync(_files, cancellation).ConfigureAwait(false);
            wrong += differ;
            lost += missing;
        }

        return new DrillExperience(reads, writes, names, failed, wrong, lost, said);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _all.ConfigureAwait(false);
        foreach (var (reader, _) in _readers)
        {
            await reader.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var (writer, _) in _writers)
        {
            await writer.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private IEnumerable<DrillUser> Users =>
        _readers.Select(pair => pair.User).Concat(_writers.Select(pair => pair.User)).Append(_names);

    private DrillFile NextFile()
    {
        lock (_lock)
        {
            int number = _written.Count + 1;
            var file = new DrillFile(string.Create(CultureInfo.InvariantCulture, $"{_directory}/{number}"), number);
            _written.Add(file);
            return file;
        }
    }

    /// <summary>The content, and what was acknowledged and not read back yet.</summary>
    private List<DrillFile> TakeWritten()
    {
        lock (_lock)
        {
            return [Content, .. _written.Where(file => file.Acknowledged > file.Verified)];
        }
    }

    private async Task MakeAndRemoveAsync(CancellationToken cancellation)
    {
        string path = $"{_directory}/made";
        await _files.CreateDirectoryAsync(path, parents: true, cancellation).ConfigureAwait(false);
        await _files.DeleteDirectoryAsync(path, recursive: false, cancellation).ConfigureAwait(false);
    }
}
