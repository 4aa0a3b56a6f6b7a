using System.CommandLine;
using DfsNet.Hosting;
using Microsoft.Extensions.Logging;

namespace DfsNet.Cli;

/// <summary>How much a process logs to standard error.</summary>
internal sealed class LogLevelOption
{
    public Option<string?> Option { get; } = Create();

    /// <summary>Servers log what they do; commands only speak up when something is wrong.</summary>
    public ILoggerFactory Open(ParseResult parsed, LogLevel byDefault) => ProcessLogging.Create(parsed.GetValue(Option) switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "none" => LogLevel.None,
        _ => byDefault,
    });

    private static Option<string?> Create()
    {
        var option = new Option<string?>("--log")
        {
            Description = "What is logged to standard error: trace, debug, info (servers), warning, error (commands), none",
            HelpName = "level",
            Recursive = true,
        };
        option.AcceptOnlyFromAmong("trace", "debug", "info", "warning", "error", "none");
        return option;
    }
}
