using System.CommandLine;
using System.Globalization;

namespace DfsNet.Cli.Options;

/// <summary>An option that takes a whole number within bounds.</summary>
internal static class NumberOption
{
    /// <param name="byDefault">Null leaves the option without a value.</param>
    public static Option<int?> Create(string name, string[] aliases, string description, int min, int max, int? byDefault)
    {
        var option = new Option<int?>(name, aliases)
        {
            Description = $"{description}, {min} to {max}",
            HelpName = "number",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max)
                {
                    return number;
                }

                result.AddError($"{name} takes a number from {min} to {max}, not {Names.Printable(text)}");
                return null;
            },
        };
        if (byDefault is not null)
        {
            option.DefaultValueFactory = _ => byDefault;
        }

        return option;
    }
}
