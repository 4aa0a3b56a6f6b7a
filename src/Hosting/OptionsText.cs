using System.Collections;
using System.Globalization;
using System.Reflection;

namespace DfsNet.Hosting;

/// <summary>The options a process runs with, in one line for its log; whatever is named a secret is hidden.</summary>
public static class OptionsText
{
    private static readonly string[] SecretWords = ["Secret", "Password", "Token", "Key"];

    public static string Of(object options) => string.Join(", ", options.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanRead && property.GetIndexParameters().Length == 0)
        .Select(property => $"{property.Name}={Value(property, options)}"));

    private static string Value(PropertyInfo property, object options) =>
        SecretWords.Any(word => property.Name.EndsWith(word, StringComparison.Ordinal)) ? "(hidden)" : Text(property.GetValue(options));

    private static string Text(object? value) => value switch
    {
        null or "" => "(none)",
        string text => text,
        // A record inside a record: its secrets are hidden and its lists are shown as well.
        _ when IsRecord(value) => $"({Of(value)})",
        IEnumerable items => string.Join("|", items.Cast<object?>().Select(Text)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static bool IsRecord(object value) => value.GetType() is { IsClass: true } type
        && type.Namespace?.StartsWith(nameof(DfsNet), StringComparison.Ordinal) == true;
}
