using DfsNet.Protocol.Wire;
using Microsoft.Extensions.Logging;

namespace DfsNet.ChunkServer.Cluster;

/// <summary>
/// The metadata servers that this server keeps informed: those that it was given, and those that the leader names besides. Whoever is known
/// under two addresses is kept informed under the one that was given.
/// </summary>
internal sealed partial class MetaTies(IReadOnlyList<string> given, Func<string, MetaTie> tieTo, ILogger<MetaTies> log)
{
    // A cluster has at most nine; more is nonsense that somebody says.
    private const int LearntMax = 9;

    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the fields below.
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Tie> _ties = new(StringComparer.Ordinal);
    private readonly List<Task> _running = [];
    private bool _leaderWasHeard;

    /// <summary>Fails when one of them says that this server is not who it believes to be.</summary>
    public Task Broken => _broken.Task;

    /// <summary>Begins to keep those informed that were given.</summary>
    public void Begin(CancellationToken cancellation)
    {
        lock (_gate) // guards the fields
        {
            foreach (string address in given.Distinct(StringComparer.Ordinal))
            {
                Start(address, cancellation);
            }
        }
    }

    /// <summary>Ends when nobody is kept informed any more.</summary>
    public Task SettleAsync()
    {
        lock (_gate) // guards the fields
        {
            return Task.WhenAll(_running);
        }
    }

    private void Hear(Tie from, HeartbeatReply reply, CancellationToken cancellation)
    {
        lock (_gate) // guards the fields
        {
            from.Name = reply.Address.Length > 0 ? reply.Address : from.Name;

            // Whoever follows may know of members that are none any more: it is believed only as long as no leader was heard.
            if (!reply.NotLeader)
            {
                _leaderWasHeard = true;
            }
            else if (_leaderWasHeard)
            {
                return;
            }

            foreach (string member in reply.MetaServers.Where(member => !_ties.Values.Any(tie => tie.IsAt(member))).ToList())
            {
                if (_ties.Count < given.Count + LearntMax)
                {
                    Learnt(member, from.Address);
                    Start(member, cancellation);
                }
            }

            foreach (var learnt in _ties.Values.Where(tie => !given.Contains(tie.Address, StringComparer.Ordinal)).ToList())
            {
                bool isDouble = _ties.Values.Any(tie => tie != learnt && tie.IsAt(learnt.Name));
                if (isDouble || (!reply.NotLeader && !reply.MetaServers.Contains(learnt.Name)))
                {
                    Left(learnt.Address);
                    _ties.Remove(learnt.Address);
                    learnt.Ending.Cancel();
                }
            }
        }
    }

    // Called with the gate held.
    private void Start(string address, CancellationToken cancellation)
    {
        var tie = new Tie(address, CancellationTokenSource.CreateLinkedTokenSource(cancellation)) { Name = address };
        _ties.Add(address, tie);
        _running.RemoveAll(task => task.IsCompleted);
        _running.Add(RunAsync(tie, cancellation));
    }

    private async Task RunAsync(Tie tie, CancellationToken cancellation)
    {
        // Not under the gate of whoever starts it.
        await Task.Yield();
        try
        {
            await tieTo(tie.Address).RunAsync(reply => Hear(tie, reply, cancellation), tie.Ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (tie.Ending.IsCancellationRequested)
        {
            // It is none of them any more, or this server stops.
        }
        catch (DfsException error)
        {
            _broken.TrySetException(error);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{From} names a metadata server at {Address}: heartbeats go there too")]
    private partial void Learnt(string address, string from);

    [LoggerMessage(Level = LogLevel.Information, Message = "The metadata server at {Address} is none any more, or is known otherwise")]
    private partial void Left(string address);

    /// <summary>One of them, until it is none any more.</summary>
    private sealed class Tie(string address, CancellationTokenSource ending)
    {
        public string Address => address;

        public CancellationTokenSource Ending => ending;

        /// <summary>The address by which other metadata servers know it.</summary>
        public required string Name { get; set; }

        public bool IsAt(string member) => member == Name || member == Address;
    }
}
