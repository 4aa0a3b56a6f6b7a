using System.CommandLine;

namespace DfsNet.Cli.Options;

/// <summary>Arguments that name files.</summary>
internal static class PathArguments
{
    public static Argument<string[]> OneOrMore(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.OneOrMore };

    public static Argument<string[]> AnyNumber(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrMore };

    /// <summary>Sources and a target, which is the last.</summary>
    public static Argument<string[]> SourcesAndTarget(string description) =>
        new("source... target") { Description = description, Arity = new ArgumentArity(2, 1_000_000) };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON" };
}
