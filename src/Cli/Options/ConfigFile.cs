using System.CommandLine;
using System.Text.Json;

namespace DfsNet.Cli.Options;

/// <summary>
/// The options of a server in a JSON file, by the names they have on the command line: {"data": "/srv/dfs/meta", "repair-grace": "1m"}.
/// They are put behind the command line, where they mean what they mean there; what is given there counts.
/// </summary>
internal static class ConfigFile
{
    public const string OptionName = "--config";

    private static readonly JsonDocumentOptions Json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static Option<string?> Create() => new(OptionName)
    {
        Description = "JSON file with options by their names, without the dashes: {\"listen\": \"10.0.0.1:7700\"}; "
            + "the command line goes first",
        HelpName = "file",
    };

    /// <summary>The arguments with what the file adds; as they are where no file is named.</summary>
    /// <exception cref="CommandFailure">The file cannot be read, or has a key that is no option of the command.</exception>
    public static IReadOnlyList<string> Expand(IReadOnlyList<string> arguments, RootCommand root)
    {
        var command = root.Subcommands.FirstOrDefault(command => arguments.Count > 0 && command.Name == arguments[0]);
        if (command is null || command.Options.All(option => option.Name != OptionName) || PathIn(arguments) is not { } path)
        {
            return arguments;
        }

        var known = command.Options.Concat(root.Options.Where(option => option.Recursive)).Select(option => option.Name)
            .Except([OptionName, "--help", "--version", ChildOption.Name], StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var expanded = arguments.ToList();
        foreach (var (key, value) in Read(path))
        {
            string option = $"--{key}";
            if (!known.Contains(option))
            {
                throw CommandFailure.Usage($"{Names.Printable(path)}: unknown key \"{Names.Printable(key)}\"");
            }

            if (!arguments.Any(argument => argument == option || argument.StartsWith($"{option}=", StringComparison.Ordinal)))
            {
                expanded.Add($"{option}={value}");
            }
        }

        return expanded;
    }

    private static string? PathIn(IReadOnlyList<string> arguments)
    {
        for (int i = 1; i < arguments.Count; i++)
        {
            if (arguments[i].StartsWith($"{OptionName}=", StringComparison.Ordinal))
            {
                return arguments[i][(OptionName.Length + 1)..];
            }

            if (arguments[i] == OptionName && i + 1 < arguments.Count)
            {
                return arguments[i + 1];
            }
        }

        return null;
    }

    private static List<(string Key, string Value)> Read(string path)
    {
        try
        {
#pragma warning disable RS0030 // a file of the operator's, read once at the start of the process
            using var document = JsonDocument.Parse(File.ReadAllText(path), Json);
#pragma warning restore RS0030
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? [.. document.RootElement.EnumerateObject().Select(property => (property.Name, TextOf(path, property)))]
                : throw CommandFailure.Usage($"{Names.Printable(path)}: it is no JSON object");
        }
        catch (JsonException error)
        {
            throw CommandFailure.Usage($"{Names.Printable(path)}, line {error.LineNumber + 1}: it is no JSON: {error.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Usage($"{Names.Printable(path)} cannot be read: {error.Message}");
        }
    }

    private static string TextOf(string path, JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.String => property.Value.GetString()!,
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => property.Value.GetRawText(),
        JsonValueKind.Array when property.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            string.Join(',', property.Value.EnumerateArray().Select(item => item.GetString())),
        _ => throw CommandFailure.Usage(
            $"{Names.Printable(path)}: \"{Names.Printable(property.Name)}\" must be a text, a number, true, false or a list of texts"),
    };
}
