using System.CommandLine;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Options;

/// <summary>--size: a number of bytes, such as 64MiB.</summary>
internal sealed class SizeOption
{
    private const string Name = "--size";

    public SizeOption(string description, string byDefault)
    {
        Option = new Option<string>(Name)
        {
            Description = description,
            HelpName = "bytes",
            DefaultValueFactory = _ => byDefault,
        };
        Option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(Quantities.TryParseBytes(result.Tokens[0].Value, out long bytes) && bytes > 0))
            {
                result.AddError($"{Name} takes a number of bytes such as {byDefault}, not {Names.Printable(result.Tokens[0].Value)}");
            }
        });
    }

    public Option<string> Option { get; }

    public long Of(ParseResult parsed) => Quantities.TryParseBytes(parsed.GetRequiredValue(Option), out long bytes) ? bytes : 0;
}
