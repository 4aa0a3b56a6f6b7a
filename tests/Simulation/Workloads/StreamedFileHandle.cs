using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;

namespace DfsNet.Simulation.Workloads;

/// <summary>A stream that reads a file while its writer changes it; every byte is compared with what was written.</summary>
internal sealed class StreamedFileHandle(Desk desk, User user, WrittenFile file)
{
    private readonly StreamedFileReader _reader = file.Content.BeginOpen();
    private readonly bool _wasThere = file.IsThere;
    private OpenStream? _opened;

    /// <summary>Whether the stream is open and its process lives.</summary>
    public bool IsOpen => _opened is not null && user.Has(_opened);

    private string Path => file.Content.Path;

    public async Task<bool> OpenAsync()
    {
        var outcome = await user.OpenAsync($"open {Path}", client => client.OpenReadAsync(Path), deadlines: 1).ConfigureAwait(false);
        _opened = outcome.Value;
        return Found(outcome, _wasThere);
    }

    /// <summary>After healing: opening succeeds. False: the file was never made.</summary>
    public async Task<bool> InsistAsync()
    {
        var outcome = await user.InsistAsync(
            $"open {Path}",
            async client => new OpenStream(client, await client.OpenReadAsync(Path).ConfigureAwait(false)),
            error => error.Code == ErrorCode.NotFound).ConfigureAwait(false);
        _opened = outcome.Value;
        return Found(outcome, _wasThere);
    }

    /// <summary>Reads some bytes. Null: it failed; nothing: the file ends here.</summary>
    public async Task<int?> ReadAsync(long offset, int length)
    {
        byte[] bytes = new byte[length];
        var outcome = await user.CallAsync($"read {Path}", _opened!, async stream =>
        {
            stream.Position = offset;
            return await stream.ReadAsync(bytes).ConfigureAwait(false);
        }, deadlines: 1).ConfigureAwait(false);
        if (!Found(outcome, mustBeThere: true))
        {
            return null;
        }

        desk.Require(_reader.EndRead(offset, bytes.AsSpan(0, outcome.Value)));
        return outcome.Value;
    }

    public async Task<bool> RefreshAsync()
    {
        int begun = _reader.BeginRefresh();
        bool refreshed = Found(
            await user.CallAsync($"refresh {Path}", _opened!, stream => stream.RefreshAsync(), deadlines: 1).ConfigureAwait(false),
            mustBeThere: true);
        if (refreshed)
        {
            _reader.EndRefresh(begun);
        }

        return refreshed;
    }

    public async Task CloseAsync()
    {
        if (_opened is { } opened)
        {
            _opened = null;
            await user.DropAsync(opened).ConfigureAwait(false);
        }
    }

    /// <summary>Files written through streams are never removed.</summary>
    private bool Found<T>(Outcome<T> outcome, bool mustBeThere)
    {
        if (mustBeThere && outcome.Error is { Code: ErrorCode.NotFound } error)
        {
            desk.World.Violate("a file that nobody removed is there", $"{user.Name} was told of {Path}: {error.Message}");
        }

        return outcome.IsSuccess;
    }
}
