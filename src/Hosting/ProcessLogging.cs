using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace DfsNet.Hosting;

/// <summary>Logs of a process: to standard error, one line per event, so that standard output stays for results.</summary>
public static class ProcessLogging
{
    // A terminal that is paused (Ctrl-S) or a full pipe must not stop a server: beyond this many waiting lines, lines are dropped.
    private const int WaitingLinesMax = 10_000;

    public static ILoggerFactory Create(LogLevel level) => LoggerFactory.Create(logs => logs
        .SetMinimumLevel(level)
        // The web server speaks of connections, not of files and chunks; its warnings are enough.
        .AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning)
        // A failed start is told by whoever asked for it, in one line.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        // A reader that changes its mind resets its call, which is no error; real ones are logged by our services.
        .AddFilter("Grpc", LogLevel.Critical)
        .AddSimpleConsole(line =>
        {
            line.SingleLine = true;
            line.UseUtcTimestamp = true;
            line.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            line.ColorBehavior = LoggerColorBehavior.Disabled;
        })
        .Services.Configure(static (ConsoleLoggerOptions console) =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.MaxQueueLength = WaitingLinesMax;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        }));
}
