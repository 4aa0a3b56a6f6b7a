using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Contents;
using DfsNet.Simulation.Checkers.Linearizability;

namespace DfsNet.Simulation.Checkers.Recording;

/// <summary>
/// Four clients that ask a perfect namespace, each one thing at a time. What they ask takes effect at a random moment of the call, once;
/// where the outcome stays unknown, at a random later moment, or never.
/// </summary>
internal sealed class RandomHistory(int seed, int calls, int unknown)
{
    private const int Clients = 4;
    private static readonly string[] Letters = ["a", "b", "c", "d"];

    private readonly Random _random = new(seed);
    private readonly NamespaceHistory _history = new(new Chronicle(() => 0), "/w");
    private readonly NamespaceModel _model = new();
    private readonly RecordedCall?[] _open = new RecordedCall?[Clients];
    private readonly ErrorSet?[] _answers = new ErrorSet?[Clients];
    private readonly List<NamespaceOperation> _late = [];
    private readonly Queue<NamespaceState> _past = new();
    private NamespaceState _state = NamespaceState.Empty;
    private int _unknown = unknown;

    /// <summary>From this call on, the first read that would have had another answer long ago gets that one; -1 for none.</summary>
    public int StaleReadFrom { get; init; } = -1;

    public bool HasStaleRead { get; private set; }

    public NamespaceHistory Record()
    {
        while (_history.Count < calls || _open.Any(call => call is not null))
        {
            int client = _random.Next(Clients);
            if (_open[client] is not null)
            {
                GoOn(client);
            }
            else if (_history.Count < calls)
            {
                _open[client] = _history.Begin(client, Ask());
                Remember();
            }

            LetLateOnesArrive();
        }

        return _history;
    }

    private NamespaceOperation Ask()
    {
        string path = DrawPath();
        return _random.Next(16) switch
        {
            < 4 => _history.Put(path, _random.Next(2, 200), overwrite: _random.Next(2) == 0, parents: _random.Next(3) == 0),
            4 => new MakeDirectoryCall(_history.Path(path), _random.Next(2) == 0),
            5 => new RemoveDirectoryCall(_history.Path(path)),
            6 => new DeleteCall(_history.Path(path)),
            < 9 => new MoveCall(_history.Path(path), _history.Path(DrawPath()), _random.Next(2) == 0),
            9 => _history.Truncate(path, _random.Next(0, 200)),
            < 13 => _history.Read(path),
            13 => new StatCall(_history.Path(path)),
            _ => new ListCall(_history.Path(_random.Next(3) == 0 ? "/w" : path)),
        };
    }

    private string DrawPath()
    {
        var names = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Letters[_random.Next(Letters.Length)]);
        return $"/w/{string.Join('/', names)}";
    }

    private void GoOn(int client)
    {
        if (_answers[client] is not null)
        {
            Answer(client);
        }
        else
        {
            TakeEffect(client, IsToBeStale(_open[client]!.Operation) ? _past.Peek() : _state);
        }
    }

    // Forty calls are more than may have gone on at the same time.
    private void Remember()
    {
        _past.Enqueue(_state);
        if (_past.Count > 40)
        {
            _past.Dequeue();
        }
    }

    private bool IsToBeStale(NamespaceOperation operation)
    {
        if (HasStaleRead || StaleReadFrom < 0 || _history.Count < StaleReadFrom || operation is not ReadCall read)
        {
            return false;
        }

        string path = read.Path.Text;
        HasStaleRead = _past.Peek().Find(path) is { IsDirectory: false } old && _state.Find(path)?.Content != old.Content;
        return HasStaleRead;
    }

    private void TakeEffect(int client, NamespaceState seen)
    {
        var call = _open[client]!;
        if (call.Operation.IsChange && _unknown > 0 && _random.Next(8) == 0)
        {
            _unknown--;
            _late.Add(call.Operation);
            call.Fail(ErrorCode.TimedOut);
            _open[client] = null;
            return;
        }

        var refusals = NamespaceRefusals.Of(seen, call.Operation);
        _answers[client] = refusals;
        if (!refusals.IsEmpty)
        {
            return;
        }

        switch (call.Operation)
        {
            case ReadCall read:
                call.Succeed(Seen(seen.Find(read.Path.Text)!.Content));
                break;
            case StatCall stat:
                call.Succeed(Shown(seen, stat.Path.Text, stat.Path.Below, ""));
                break;
            case ListCall list:
                call.Succeed(Listed(seen, list.Path));
                break;
            default:
                Apply(call.Operation);
                return;
        }

        _open[client] = null;
        _answers[client] = null;
    }

    private void Answer(int client)
    {
        var call = _open[client]!;
        var errors = _answers[client]!.Value;
        if (errors.IsEmpty)
        {
            call.Succeed();
        }
        else
        {
            call.Fail(Enum.GetValues<ErrorCode>().First(errors.Contains));
        }

        _open[client] = null;
        _answers[client] = null;
    }

    private void LetLateOnesArrive()
    {
        if (_late.Count != 0 && _random.Next(60) == 0)
        {
            var late = _late[_random.Next(_late.Count)];
            _late.Remove(late);
            if (_random.Next(4) != 0 && late is not TruncateCall)
            {
                Apply(late);
            }
        }
    }

    private void Apply(NamespaceOperation operation)
    {
        if (_model.TryStep(_state, operation, out var next))
        {
            _state = next;
        }
    }

    private static SeenName Shown(NamespaceState state, string path, string below, string name)
    {
        var entry = state.Find(path);
        bool isDirectory = entry is null or { IsDirectory: true };
        return new SeenName(name, isDirectory, isDirectory ? state.CountIn(below) : entry!.Content.Length);
    }

    private static List<SeenName> Listed(NamespaceState state, NamePath directory)
    {
        if (state.Find(directory.Text) is { IsDirectory: false })
        {
            return [Shown(state, directory.Text, directory.Below, "")];
        }

        var names = new List<SeenName>();
        foreach (var entry in state.Entries)
        {
            if (entry.IsIn(directory.Below))
            {
                names.Add(Shown(state, entry.Path, entry.Path + "/", entry.Path[directory.Below.Length..]));
            }
        }

        return names;
    }

    private SeenContent Seen(FileContent content)
    {
        byte[] bytes = new byte[content.Length];
        Pattern.Fill(content.Pattern, 0, bytes.AsSpan(0, (int)content.Kept));
        return SeenContent.Of(bytes, _history.Chronicle.NameOf);
    }
}
