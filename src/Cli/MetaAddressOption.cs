using System.CommandLine;
using DfsNet.Cli.Options;

namespace DfsNet.Cli;

/// <summary>Where the metadata servers are: --meta, else DFS_META, else this machine.</summary>
internal sealed class MetaAddressOption
{
    private const string Default = "127.0.0.1:7700";
    private readonly Surroundings _surroundings;

    public MetaAddressOption(Surroundings surroundings)
    {
        _surroundings = surroundings;
        Option = new Option<string?>("--meta")
        {
            Description = $"Metadata servers, host:port[,host:port] (else the variable DFS_META, else {Default})",
            HelpName = "host:port[,host:port]",
            Recursive = true,
        };
    }

    public Option<string?> Option { get; }

    public IReadOnlyList<string> Of(ParseResult parsed)
    {
        string? given = parsed.GetValue(Option);
        string source = given is null ? "DFS_META" : "--meta";
        given ??= _surroundings.Variable("DFS_META");
        // A variable set to nothing counts as not set; an empty --meta is a slip of a script.
        string text = string.IsNullOrEmpty(given) && source != "--meta" ? Default : given ?? "";
        return AddressList.Parse(text, source);
    }
}
