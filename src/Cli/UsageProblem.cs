using System.CommandLine;
using System.CommandLine.Parsing;

namespace DfsNet.Cli;

/// <summary>What is wrong with a command line, in one line.</summary>
internal static class UsageProblem
{
    /// <summary>Null when nothing is.</summary>
    public static string? Of(ParseResult parsed)
    {
        if (UnknownOption(parsed) is { } option)
        {
            return $"unknown option {Names.Printable(option)}";
        }

        if (parsed.UnmatchedTokens.Count != 0)
        {
            string what = parsed.CommandResult.Command.Subcommands.Count != 0 ? "unknown command" : "too many arguments:";
            return $"{what} {Names.Printable(parsed.UnmatchedTokens[0])}";
        }

        if (parsed.Errors.Count == 0)
        {
            return null;
        }

        string first = ErrorLines.OneLine(parsed.Errors[0].Message);
        return first.StartsWith("Required command", StringComparison.Ordinal) ? "a command is needed" : first;
    }

    /// <summary>The parser takes an option that it does not know as an argument; a path that begins with '-' goes behind "--".</summary>
    private static string? UnknownOption(ParseResult parsed)
    {
        var plain = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).ToList();
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens).ToList();
        return plain
            .Where(token => token.Value is ['-', _, ..] && arguments.Any(argument => ReferenceEquals(argument, token)))
            .Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens.Where(token => token is ['-', _, ..] && plain.Any(one => one.Value == token)))
            .FirstOrDefault();
    }
}
