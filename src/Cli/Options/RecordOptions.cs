using System.Collections;
using System.CommandLine;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using DfsNet.Cli.Output;

namespace DfsNet.Cli.Options;

/// <summary>
/// Command line options made from an options record: one per described property, with its description, range and default, so that an option
/// has one place. "SuspectAfter" becomes --suspect-after.
/// </summary>
internal sealed class RecordOptions<T>
    where T : class
{
    private readonly List<(PropertyInfo Property, Option<string?> Option)> _options = [];

    /// <param name="without">Properties that the command sets itself.</param>
    public RecordOptions(Command command, params string[] without)
    {
        object defaults = Create();
        foreach (var property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            string? description = property.GetCustomAttribute<DescriptionAttribute>()?.Description;
            if (description is null || without.Contains(property.Name))
            {
                continue;
            }

            var option = new Option<string?>(NameOf(property.Name))
            {
                Description = description.TrimEnd('.') + Default(property, defaults),
                HelpName = HelpName(property.PropertyType),
                Arity = property.PropertyType == typeof(bool) ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
                Required = property.GetCustomAttribute<System.Runtime.CompilerServices.RequiredMemberAttribute>() is not null,
            };
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && Problem(property, result.Tokens[0].Value) is { } problem)
                {
                    result.AddError($"{option.Name}: {problem}");
                }
            });
            _options.Add((property, option));
            command.Add(option);
        }
    }

    /// <summary>The record with what was given on the command line.</summary>
    public T Read(ParseResult parsed)
    {
        object record = Create();
        foreach (var (property, option) in _options)
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                property.SetValue(record, Parse(property.PropertyType, result.Tokens.Count == 0 ? "true" : result.Tokens[0].Value));
            }
        }

        return (T)record;
    }

    // "required" binds the compiler, not reflection; what is required here is checked by the option.
    private static object Create() => Activator.CreateInstance(typeof(T))!;

    private static string NameOf(string property)
    {
        var name = new StringBuilder("--");
        foreach (char letter in property)
        {
            if (char.IsUpper(letter) && name.Length > 2)
            {
                name.Append('-');
            }

            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }

    private static string HelpName(Type type) =>
        type == typeof(TimeSpan) ? "time"
        : type == typeof(bool) ? "true|false"
        : type == typeof(string) ? "text"
        : typeof(IEnumerable).IsAssignableFrom(type) ? "text[,text]"
        : "number";

    private static string Default(PropertyInfo property, object defaults)
    {
        string text = property.GetValue(defaults) switch
        {
            null or "" or false or ICollection => "",
            TimeSpan time => TimeText(time),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
        return text.Length == 0 ? "" : $" [default: {text}]";
    }

    private static string TimeText(TimeSpan time) => time switch
    {
        _ when time < TimeSpan.FromSeconds(1) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds}ms"),
        _ when time < TimeSpan.FromMinutes(1) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes}m"),
    };

    private static string? Problem(PropertyInfo property, string text)
    {
        object? value = Parse(property.PropertyType, text);
        if (value is null)
        {
            return $"\"{text}\" is not a {HelpName(property.PropertyType)}"
                + (property.PropertyType == typeof(TimeSpan) ? " (such as 500ms, 3s, 10m, 1h, 7d)" : "");
        }

        return property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value)
            ? $"{text} is not from {range.Minimum} to {range.Maximum}"
            : null;
    }

    /// <summary>Null when the text is not of the type. Numbers may carry a binary unit ("64MiB").</summary>
    private static object? Parse(Type declared, string text)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(text, out bool truth) ? truth : null;
        }

        if (type == typeof(TimeSpan))
        {
            return Quantities.TryParseTime(text, out var time) ? time : null;
        }

        if (type == typeof(int) || type == typeof(long))
        {
            return !Quantities.TryParseBytes(text, out long number) ? null
                : type == typeof(long) ? number
                : number <= int.MaxValue ? (int)number
                : null;
        }

        return text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
