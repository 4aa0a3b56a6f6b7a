using System.CommandLine;
using DfsNet.Cli.Transfers;

namespace DfsNet.Cli.Options;

/// <summary>The options that put and get share.</summary>
internal sealed class TransferOptions
{
    private readonly Option<bool> _force = new("--force", "-f") { Description = "Overwrite existing files" };
    private readonly Option<bool> _recursive = new("--recursive", "-r") { Description = "Take directories with all that is in them" };
    private readonly Option<bool>? _follow;
    private readonly Option<int?> _jobs = NumberOption.Create(
        "--jobs", ["-j"], "Files at the same time", 1, TransferSettings.JobsMax, TransferSettings.JobsDefault);

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress and no closing line" };
    private readonly Option<bool> _json = new("--json") { Description = "Closing line as JSON on standard output" };

    public TransferOptions(Command command, bool canFollowLinks)
    {
        command.Add(_recursive);
        command.Add(_force);
        if (canFollowLinks)
        {
            _follow = new Option<bool>(
                "--dereference", "-L")
            { Description = "Follow symbolic links below a directory; else they are skipped" };
            command.Add(_follow);
        }

        command.Add(_jobs);
        command.Add(_quiet);
        command.Add(_json);
    }

    public TransferSettings Settings(ParseResult parsed) => new(
        parsed.GetValue(_force),
        parsed.GetValue(_recursive),
        _follow is not null && parsed.GetValue(_follow),
        parsed.GetValue(_jobs) ?? TransferSettings.JobsDefault);

    public bool Quiet(ParseResult parsed) => parsed.GetValue(_quiet);

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);
}
