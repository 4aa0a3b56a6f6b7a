using DfsNet.Client;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// The one user who changes a file through a stream, which stays open from one operation to the next as long as it can. After a failure
/// that leaves changes under way it goes on with another file.
/// </summary>
internal sealed class StreamedFileWriter(Desk desk, User user, string path)
{
    // What is written at once behind a flush, and is not longer, is one piece of one chunk, and so one commit.
    private const int OneCommitMax = 4096;

    // The file is made, and then looked up; bytes are appended, and then committed, behind a commit that was under way.
    private const int OpenDeadlines = 2;
    private const int FlushDeadlines = 2;

    private readonly List<WrittenFile> _files = [];
    private OpenStream? _opened;
    private bool _mustEmpty;
    private bool _mustLeave = true;

    /// <summary>All files this one has begun, the present one last.</summary>
    public IReadOnlyList<WrittenFile> Files => _files;

    public WrittenFile Present => _files[^1];

    public StreamedFile Content => Present.Content;

    /// <summary>Whether the stream is open and its process lives.</summary>
    public bool IsOpen => _opened is not null && user.Has(_opened);

    /// <summary>Whether the stream is open, after opening it if it was not.</summary>
    public async Task<bool> OpenAsync()
    {
        if (IsOpen)
        {
            return true;
        }

        Lose();
        if (_mustLeave)
        {
            string name = _files.Count == 0 ? path : $"{path}.{_files.Count}";
            _files.Add(new WrittenFile(new StreamedFile(desk.World.Chronicle, name)));
            _mustLeave = _mustEmpty = false;
        }

        var file = Present;
        bool empties = _mustEmpty;
        if (empties)
        {
            Content.BeginTruncate(0);
        }

        var options = new DfsWriteOptions { Mode = empties ? DfsWriteMode.Create : DfsWriteMode.OpenOrCreate };
        var outcome = await user.OpenAsync(
            $"open {Content.Path} to write", client => client.OpenWriteAsync(Content.Path, options), OpenDeadlines)
            .ConfigureAwait(false);
        _opened = outcome.Value;
        file.IsThere |= outcome.IsSuccess;
        if (empties)
        {
            _mustEmpty = !Ended(outcome);
        }

        return outcome.IsSuccess;
    }

    /// <summary>Writes into the stream's buffers, and perhaps further.</summary>
    public async Task<bool> WriteAsync(long offset, int length)
    {
        int pattern = Content.BeginWrite(offset, length);
        byte[] bytes = Pattern.Make(pattern, offset, length);
        return Succeeded(await user.CallAsync($"write {Content.Path}", _opened!, async stream =>
        {
            stream.Position = offset;
            await stream.WriteAsync(bytes).ConfigureAwait(false);
        }, FlushDeadlines).ConfigureAwait(false));
    }

    public async Task<bool> FlushAsync() => Ended(
        await user.CallAsync($"flush {Content.Path}", _opened!, stream => stream.FlushAsync(), FlushDeadlines).ConfigureAwait(false));

    public async Task<bool> SetLengthAsync(long length)
    {
        Content.BeginTruncate(length);
        string what = $"set length of {Content.Path}";
        return Ended(await user.CallAsync(what, _opened!, stream => stream.SetLengthAsync(length), FlushDeadlines + 1)
            .ConfigureAwait(false));
    }

    public async Task<bool> CloseAsync()
    {
        var closed = _opened;
        var outcome = await user.CallAsync($"close {Content.Path}", closed!, stream => stream.DisposeAsync().AsTask(), FlushDeadlines)
            .ConfigureAwait(false);
        _opened = null;
        return Ended(outcome);
    }

    /// <summary>Nothing more will be written.</summary>
    public async Task FinishAsync()
    {
        if (_opened is not null)
        {
            await CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The stream has gone with its process: what it had sent may still arrive.</summary>
    private void Lose()
    {
        if (_opened is not null && Content.Begun > Content.Acknowledged)
        {
            Content.Fail(settled: false);
            _mustLeave = true;
        }

        _opened = null;
    }

    /// <summary>After a call that makes everything durable.</summary>
    private bool Ended<T>(Outcome<T> outcome)
    {
        if (Succeeded(outcome))
        {
            Content.Acknowledge();
        }

        return outcome.IsSuccess;
    }

    private bool Succeeded<T>(Outcome<T> outcome)
    {
        if (outcome.IsSuccess)
        {
            return true;
        }

        if (_opened is { } opened)
        {
            // Nothing hangs on it: a stream that failed commits nothing any more.
            _ = user.DropAsync(opened);
            _opened = null;
        }

        var code = outcome.Error?.Code;
        if (Content.Begun == Content.Acknowledged)
        {
            return false;
        }

        if (code == ErrorCode.SessionEnded && IsOneCommit())
        {
            desk.World.Coverage.Count("late commit of a stream refused");
            desk.Require(Content.Refuse());
            return false;
        }

        // Once the session is over, nothing that was asked for in its name happens any more.
        bool isSettled = code is ErrorCode.SessionEnded or ErrorCode.OutcomeUnknown;
        Content.Fail(isSettled);
        _mustEmpty = isSettled;
        _mustLeave = !isSettled;
        return false;
    }

    private bool IsOneCommit() =>
        Content.Begun == Content.Acknowledged + 1
        && Content.ChangeAt(Content.Acknowledged) is { IsTruncation: false } change
        && change.End - change.Start <= OneCommitMax;
}

/// <summary>A file that was written through a stream.</summary>
internal sealed class WrittenFile(StreamedFile content)
{
    public StreamedFile Content => content;

    /// <summary>Whether it is there for certain. It is never removed.</summary>
    public bool IsThere { get; set; }
}
