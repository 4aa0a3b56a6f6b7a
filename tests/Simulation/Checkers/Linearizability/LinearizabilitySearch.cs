namespace DfsNet.Simulation.Checkers.Linearizability;

/// <summary>
/// Decides whether a history is linearizable (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990):
/// whether its operations can be put into one order that the model allows and that keeps every order seen from outside. The search is the
/// one of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's memory of configurations ("Testing for
/// linearizability", 2017), on linked lists as in Athalye's Porcupine (2017).
/// <para>
/// Three things keep it short. An operation that changes nothing others could see is placed as soon as it fits. Operations whose outcome is
/// unknown are tried last, and only where they change something: nearly always just before the first operation that needs them. Among the
/// others, the one that must happen soonest comes first. None of it loses an order.
/// </para>
/// </summary>
internal sealed class LinearizabilitySearch<TState, TOperation>
{
    private readonly ISequentialModel<TState, TOperation> _model;
    private readonly long _stepsMax;
    private readonly Timeline<TOperation> _timeline;
    private readonly TimedOperation<TOperation>[] _operations;
    private readonly int[] _servant;
    private readonly ulong[] _placed;
    private readonly Configurations<TState, TOperation> _seen;
    private readonly Stack<Frame> _frames = new();
    private readonly List<Candidate> _candidates = [];
    private readonly int _required;
    private ulong _placedHash;
    private int _requiredPlaced;
    private long _steps;
    private DeadEnd<TState, TOperation>? _furthest;

    private LinearizabilitySearch(
        ISequentialModel<TState, TOperation> model, IReadOnlyList<TimedOperation<TOperation>> history, long stepsMax)
    {
        _model = model;
        _stepsMax = stepsMax;
        _timeline = new Timeline<TOperation>(history);
        _operations = _timeline.Operations;
        _placed = new ulong[(_operations.Length + 63) / 64];
        _seen = new Configurations<TState, TOperation>(model, _placed.Length);
        _required = _operations.Count(operation => !operation.IsOptional);
        _servant = FindServants(_operations);
    }

    /// <summary>Searches for an order.</summary>
    /// <param name="model">What each operation does.</param>
    /// <param name="history">What was recorded.</param>
    /// <param name="stepsMax">Steps of the model after which the search is given up.</param>
    /// <param name="showMoment">How people are told of a moment; by its number if nothing is given.</param>
    public static LinearizabilityResult Run(
        ISequentialModel<TState, TOperation> model,
        IReadOnlyList<TimedOperation<TOperation>> history,
        long stepsMax = 500_000,
        Func<long, string>? showMoment = null)
    {
        var search = new LinearizabilitySearch<TState, TOperation>(model, history, stepsMax);
        var verdict = search.Decide();
        string explanation = verdict == Verdict.Linearizable
            ? ""
            : search._furthest!.Explain(model, search._operations, verdict, showMoment ?? (moment => $"{moment}"));
        return new LinearizabilityResult(verdict, search._steps, explanation);
    }

    private static int[] FindServants(TimedOperation<TOperation>[] operations)
    {
        var numbers = new Dictionary<TimedOperation<TOperation>, int>(ReferenceEqualityComparer.Instance);
        int[] servants = new int[operations.Length];
        for (int i = 0; i < operations.Length; i++)
        {
            numbers[operations[i]] = i;
            servants[i] = -1;
        }

        for (int i = 0; i < operations.Length; i++)
        {
            if (operations[i].Serves is { } master)
            {
                servants[numbers[master]] = i;
            }
        }

        return servants;
    }

    private Verdict Decide()
    {
        if (_required == 0)
        {
            return Verdict.Linearizable;
        }

        Enter(_model.Initial, -1, long.MinValue);
        while (_frames.TryPeek(out var frame))
        {
            if (_steps > _stepsMax)
            {
                RememberDeadEnd(frame);
                return Verdict.Undecided;
            }

            if (frame.Cursor == _candidates.Count)
            {
                RememberDeadEnd(frame);
                Leave();
                continue;
            }

            var candidate = _candidates[frame.Cursor++];
            if (candidate.IsTried || TryOptional(frame, ref candidate))
            {
                if (TryPlace(frame, candidate) && _requiredPlaced == _required)
                {
                    return Verdict.Linearizable;
                }
            }
        }

        return Verdict.Broken;
    }

    /// <summary>Places the candidate, unless that leads where the search has been.</summary>
    private bool TryPlace(Frame frame, Candidate candidate)
    {
        int servant = _servant[candidate.Operation];
        bool dismisses = servant >= 0 && !IsPlaced(servant);
        Flip(candidate.Operation);
        if (dismisses)
        {
            Flip(servant);
        }

        if (!_seen.TryAdd(_placed, _placedHash, candidate.Next))
        {
            Flip(candidate.Operation);
            if (dismisses)
            {
                Flip(servant);
            }

            return false;
        }

        _timeline.TakeOut(candidate.Operation);
        if (dismisses)
        {
            _timeline.TakeOut(servant);
        }

        _requiredPlaced += _operations[candidate.Operation].IsOptional ? 0 : 1;
        Enter(candidate.Next, candidate.Operation, Math.Max(frame.NewestCall, _operations[candidate.Operation].Invoked), dismisses);
        return true;
    }

    private void Enter(TState state, int operation, long newestCall, bool dismissed = false)
    {
        var frame = new Frame(state, operation, newestCall, dismissed) { Begin = _candidates.Count, Cursor = _candidates.Count };
        _frames.Push(frame);
        Gather(frame);
    }

    private void Leave()
    {
        var frame = _frames.Pop();
        _candidates.RemoveRange(frame.Begin, _candidates.Count - frame.Begin);
        if (frame.Operation < 0)
        {
            return;
        }

        if (frame.Dismissed)
        {
            _timeline.PutBack(_servant[frame.Operation]);
            Flip(_servant[frame.Operation]);
        }

        _timeline.PutBack(frame.Operation);
        Flip(frame.Operation);
        _requiredPlaced -= _operations[frame.Operation].IsOptional ? 0 : 1;
    }

    /// <summary>What may come next: everything called before the first return of something that has not been placed.</summary>
    private void Gather(Frame frame)
    {
        int optionals = 0;
        for (int node = _timeline.First; _timeline.IsCall(node); node = _timeline.After(node))
        {
            var operation = _operations[node];
            if (operation.IsOptional)
            {
                optionals++;
                continue;
            }

            _steps++;
            if (!_model.TryStep(frame.State, operation.What, out var next))
            {
                continue;
            }

            var candidate = new Candidate(node, next, true);
            if (_model.IsObservation(operation.What) && !EndsSomething(frame, operation))
            {
                _candidates.RemoveRange(frame.Begin, _candidates.Count - frame.Begin);
                _candidates.Add(candidate);
                return;
            }

            Insert(frame.Begin, candidate);
        }

        if (optionals != 0)
        {
            AddOptionals(frame);
        }
    }

    /// <summary>Whether an optional step could come no more behind this operation: then another order may be needed.</summary>
    private bool EndsSomething(Frame frame, TimedOperation<TOperation> operation)
    {
        for (int node = _timeline.First; _timeline.IsCall(node); node = _timeline.After(node))
        {
            if (_operations[node].IsOptional && IsLive(frame, node) && _operations[node].Returned < operation.Invoked)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An optional step that ended can come no more behind something that was called later.</summary>
    private bool IsLive(Frame frame, int operation) => _operations[operation].Returned >= frame.NewestCall;

    /// <summary>What returned first must happen first, more likely than not.</summary>
    private void Insert(int begin, Candidate candidate)
    {
        int place = _candidates.Count;
        while (place > begin && _operations[_candidates[place - 1].Operation].Returned > _operations[candidate.Operation].Returned)
        {
            place--;
        }

        _candidates.Insert(place, candidate);
    }

    private void AddOptionals(Frame frame)
    {
        for (int node = _timeline.First; _timeline.IsCall(node); node = _timeline.After(node))
        {
            if (_operations[node].IsOptional && IsLive(frame, node))
            {
                _candidates.Add(new Candidate(node, frame.State, false));
            }
        }
    }

    /// <summary>An operation that may as well not have happened is worth placing only where it changes something.</summary>
    private bool TryOptional(Frame frame, ref Candidate candidate)
    {
        _steps++;
        if (!_model.TryStep(frame.State, _operations[candidate.Operation].What, out var next) || _model.AreEqual(next, frame.State))
        {
            return false;
        }

        candidate = candidate with { Next = next };
        return true;
    }

    private void RememberDeadEnd(Frame frame)
    {
        if (_furthest is { } furthest
            && (furthest.RequiredPlaced, _frames.Count - 1).CompareTo((_requiredPlaced, furthest.Order.Count)) >= 0)
        {
            // Not further, or as far only with more operations that may never have happened.
            return;
        }

        var waiting = new List<int>();
        int node = _timeline.First;
        for (; _timeline.IsCall(node); node = _timeline.After(node))
        {
            waiting.Add(node);
        }

        int blocking = _timeline.IsEnd(node) ? -1 : node - _operations.Length;
        int[] order = [.. _frames.Reverse().Select(placed => placed.Operation).Where(operation => operation >= 0)];
        _furthest = new DeadEnd<TState, TOperation>(_requiredPlaced, frame.State, order, waiting, blocking);
    }

    private bool IsPlaced(int operation) => (_placed[operation >> 6] & (1UL << (operation & 63))) != 0;

    private void Flip(int operation)
    {
        _placed[operation >> 6] ^= 1UL << (operation & 63);
        _placedHash ^= Mixing.Scramble((ulong)operation + 1);
    }

    /// <summary>A place in the order: what was put there, the state after it, and what may come next.</summary>
    private sealed class Frame(TState state, int operation, long newestCall, bool dismissed)
    {
        public TState State => state;

        public int Operation => operation;

        public long NewestCall => newestCall;

        /// <summary>Whether the optional step of this operation became useless with it.</summary>
        public bool Dismissed => dismissed;

        public required int Begin { get; init; }

        public required int Cursor { get; set; }
    }

    /// <summary>An operation that may come next, and the state after it once that was tried.</summary>
    private readonly record struct Candidate(int Operation, TState Next, bool IsTried);
}
