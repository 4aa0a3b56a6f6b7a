using System.Globalization;
using System.Text;

namespace DfsNet.Cli;

/// <summary>Paths of the file system as people type and read them.</summary>
internal static class Names
{
    /// <summary>An absolute path without doubled or trailing slashes; anything else is a usage error.</summary>
    public static string Absolute(string path)
    {
        if (!path.StartsWith('/'))
        {
            throw CommandFailure.Usage($"{Printable(path)}: a path in DfsNet begins with '/' (did you mean /{Printable(path)}?)");
        }

        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return "/" + string.Join('/', parts);
    }

    /// <summary>Checked before anything is done, so that a slip in the last path does not stop halfway.</summary>
    public static IReadOnlyList<string> AllAbsolute(IReadOnlyList<string> paths) => [.. paths.Select(Absolute)];

    public static string Combine(string directory, string name) => directory == "/" ? "/" + name : $"{directory}/{name}";

    public static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>Control characters, which could play with the terminal, as escapes.</summary>
    public static string Printable(string name)
    {
        if (!name.Any(char.IsControl))
        {
            return name;
        }

        var text = new StringBuilder(name.Length + 8);
        foreach (char letter in name)
        {
            text.Append(letter switch
            {
                '\n' => "\\n",
                '\t' => "\\t",
                '\r' => "\\r",
                _ when char.IsControl(letter) => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}"),
                _ => letter.ToString(),
            });
        }

        return text.ToString();
    }
}
