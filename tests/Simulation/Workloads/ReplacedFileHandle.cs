using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Workloads;

/// <summary>A stream that stays open on a file while others replace and remove it.</summary>
internal sealed class ReplacedFileHandle(Desk desk, User user, RecordedNames names, string path)
{
    // A read gives what it has when its time is over.
    private const int ReadDeadlines = 1;

    private readonly ReplacedFileReader _reader = new(names.History, path);
    private readonly long _begun = desk.World.Scheduler.Now;
    private OpenStream? _opened;

    /// <summary>Whether the stream is open and its process lives.</summary>
    public bool IsOpen => _opened is not null && user.Has(_opened);

    public ReplacedFileReader Reader => _reader;

    public async Task<bool> OpenAsync()
    {
        var outcome = await user.OpenAsync($"open {path} to read it for long", client => client.OpenReadAsync(path), deadlines: 1)
            .ConfigureAwait(false);
        _opened = outcome.Value;
        _reader.EndOpen();
        return outcome.IsSuccess;
    }

    /// <summary>Reads some pieces anywhere in the file. False: the handle is of no use any more.</summary>
    public async Task<bool> ReadAsync(Random random)
    {
        for (int left = random.Next(1, 4); left > 0; left--)
        {
            byte[] bytes = new byte[random.Next(1, random.Next(4) == 0 ? 70_000 : 2000)];
            double part = random.NextDouble();
            long offset = 0;
            var outcome = await user.CallAsync($"read {path}", _opened!, async stream =>
            {
                offset = (long)(stream.Length * part);
                stream.Position = offset;
                return await stream.ReadAsync(bytes).ConfigureAwait(false);
            }, ReadDeadlines).ConfigureAwait(false);
            if (!IsAnswered(outcome))
            {
                return false;
            }

            desk.Require(_reader.EndRead(offset, bytes.AsSpan(0, outcome.Value)));
        }

        return random.Next(4) != 0 || await RefreshAsync().ConfigureAwait(false);
    }

    public async Task CloseAsync()
    {
        if (_opened is { } opened)
        {
            _opened = null;
            await user.DropAsync(opened).ConfigureAwait(false);
        }
    }

    private async Task<bool> RefreshAsync() => IsAnswered(
        await user.CallAsync($"refresh {path}", _opened!, stream => stream.RefreshAsync(), deadlines: 1).ConfigureAwait(false));

    /// <summary>
    /// Whoever has a file open may go on reading though somebody removes it, unless the session that holds it has ended, which takes a
    /// fault or a pause.
    /// </summary>
    private bool IsAnswered<T>(Outcome<T> outcome)
    {
        bool mayBeTold = _reader.MayBeGone() && (desk.World.WasStruck || !user.Machine.IsSteadySince(_begun));
        if (outcome.Error is { Code: ErrorCode.NotFound } error && !mayBeTold)
        {
            desk.World.Violate("whoever has a file open may go on reading", $"{user.Name} was told of {path}: {error.Message}");
        }

        return outcome.IsSuccess;
    }
}
