using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Time;
using Microsoft.Extensions.Logging;

namespace DfsNet.Simulation.Observation;

/// <summary>What a process logs: counted by event, folded into the trace, and text only while somebody reads it.</summary>
internal sealed class NodeLogs(World world, Life life) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new NodeLog(world, life, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the simulator is the only listener");

    public void Dispose()
    {
    }

    /// <summary>The log of one type.</summary>
    private sealed class NodeLog(World world, Life life, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => life.IsAlive && logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            string name = $"{category}.{eventId.Name}";
            world.Scheduler.Trace.Add(name);
            world.Coverage.Count(name);
            LogRows.Count(world.Coverage, name, state as IReadOnlyList<KeyValuePair<string, object?>> ?? []);
            if (world.Scheduler.Trace.Listener is not null)
            {
                string text = formatter(state, exception);
                world.Scheduler.Trace.Note(world.Scheduler.Now, $"{life.Name} {logLevel} {name}: {text} {exception}");
            }

            if (name is "Volume.VolumeFailed" or "VolumeOpener.VolumeNotOpened" or "DataDirectories.DirectoryLeftAlone")
            {
                world.NoteVolume(life, isOpen: name == "Volume.VolumeFailed");
            }

            if (name is "RpcEdge.CallBroke" or "RpcEdge.CallFailed")
            {
                world.Violate("no call meets a defect", $"{life.Name}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
