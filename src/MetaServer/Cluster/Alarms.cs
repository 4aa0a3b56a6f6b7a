using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer.Cluster;

/// <summary>What an operator must see: one line per subject, the newest hundred, each logged when it is new.</summary>
internal sealed partial class Alarms(EventLog events, ILogger log)
{
    // A status page; what is more is in the log.
    private const int KeptMax = 100;

    // Guards _lines and _order: every part of the node raises alarms.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _lines = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public void Raise(string subject, string line)
    {
        lock (_lock)
        {
            if (_lines.TryGetValue(subject, out string? known))
            {
                _lines[subject] = line;
                if (known == line)
                {
                    return;
                }
            }
            else
            {
                _lines.Add(subject, line);
                _order.Enqueue(subject);
                if (_order.Count > KeptMax)
                {
                    _lines.Remove(_order.Dequeue());
                }
            }
        }

        events.Add(line);
        Raised(line);
    }

    public void Clear(string subject)
    {
        string line;
        lock (_lock)
        {
            if (!_lines.Remove(subject, out line!))
            {
                return;
            }

            for (int count = _order.Count; count > 0; count--)
            {
                string kept = _order.Dequeue();
                if (kept != subject)
                {
                    _order.Enqueue(kept);
                }
            }
        }

        events.Add($"over: {line}");
        Cleared(subject);
    }

    public IReadOnlyList<string> Lines()
    {
        lock (_lock)
        {
            return [.. _order.Select(subject => _lines[subject])];
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Alarm raised: {Line}")]
    private partial void Raised(string line);

    [LoggerMessage(Level = LogLevel.Information, Message = "Alarm cleared: {Subject}")]
    private partial void Cleared(string subject);
}
