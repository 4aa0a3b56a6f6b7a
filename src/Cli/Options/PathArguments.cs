using System.CommandLine;

namespace DfsNet.Cli.Options;

/// <summary>Arguments that name files.</summary>
internal static class PathArguments
{
    // The parser takes no more; shells end near there too.
    private const int CountMax = 100_000;

    public static Argument<string[]> OneOrMore(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.OneOrMore };

    public static Argument<string[]> AnyNumber(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrMore };

    /// <summary>Sources and a target, which is the last.</summary>
    public static Argument<string[]> SourcesAndTarget(string description) =>
        new("source... target") { Description = description, Arity = new ArgumentArity(2, CountMax) };

    /// <param name="form">What is printed, such as "one object".</param>
    public static Option<bool> Json(string form) => new("--json") { Description = $"Print JSON: {form}" };
}
