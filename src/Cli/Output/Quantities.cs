using System.Globalization;

namespace DfsNet.Cli.Output;

/// <summary>Amounts as people write and read them.</summary>
internal static class Quantities
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>"1.5 GiB".</summary>
    public static string Bytes(double bytes)
    {
        int unit = 0;
        while (Math.Abs(bytes) >= 1024 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return unit == 0 || Math.Abs(bytes) >= 100
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes:0} {Units[unit]}")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes:0.0} {Units[unit]}");
    }

    /// <summary>"112 MiB/s".</summary>
    public static string Rate(long bytes, TimeSpan time) => time <= TimeSpan.Zero ? "-" : $"{Bytes(bytes / time.TotalSeconds)}/s";

    /// <summary>"0.3 s", "2 min 5 s".</summary>
    public static string Time(TimeSpan time) => time < TimeSpan.FromMinutes(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s");

    /// <summary>"1 file", "2 files", "3 directories".</summary>
    public static string Count(long number, string noun)
    {
        string many = noun.EndsWith("ry", StringComparison.Ordinal) ? noun[..^1] + "ies" : noun + "s";
        return string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? noun : many)}");
    }

    /// <summary>Reads "65536", "64k", "64KiB", "1.5 GiB"; units are powers of 1024.</summary>
    public static bool TryParseBytes(string text, out long bytes)
    {
        text = text.Trim();
        int digits = text.TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.').Count();
        string unit = text[digits..].Trim().ToUpperInvariant();
        unit = unit.EndsWith("IB", StringComparison.Ordinal) ? unit[..^2] : unit.EndsWith('B') ? unit[..^1] : unit;
        int power = unit.Length == 0 ? 0 : unit.Length == 1 ? "KMGTPE".IndexOf(unit[0], StringComparison.Ordinal) + 1 : 0;
        bytes = 0;
        if ((unit.Length != 0 && power == 0)
            || !decimal.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return false;
        }

        decimal value = number * (1L << (10 * power));
        if (value > long.MaxValue || value != decimal.Truncate(value))
        {
            return false;
        }

        bytes = (long)value;
        return true;
    }

    /// <summary>Reads "500ms", "3s", "10m", "1h", "7d" and "hh:mm:ss".</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        text = text.Trim();
        string unit = text.TrimStart("0123456789.".ToCharArray());
        double seconds = unit switch
        {
            "ms" => 0.001,
            "s" => 1,
            "m" or "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => 0,
        };
        time = default;
        if (seconds == 0)
        {
            return text.Contains(':') && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time);
        }

        if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            || number * seconds > TimeSpan.MaxValue.TotalSeconds / 2)
        {
            return false;
        }

        time = TimeSpan.FromSeconds(number * seconds);
        return true;
    }
}
