using System.Globalization;
using DfsNet.Cli.Output;

namespace DfsNet.Cli;

/// <summary>Amounts are read and written the way people do.</summary>
public sealed class QuantitiesTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65_536)]
    [InlineData("64k", 65_536)]
    [InlineData("64KiB", 65_536)]
    [InlineData("1.5 GiB", 1_610_612_736)]
    [InlineData("7E", 8_070_450_532_247_928_832)]
    public void Bytes_are_read_in_powers_of_1024(string text, long expected)
    {
        Assert.True(Quantities.TryParseBytes(text, out long bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1x")]
    [InlineData("9E")]
    [InlineData("0.3")]
    [InlineData("1 2")]
    public void What_is_no_number_of_bytes_is_refused(string text) => Assert.False(Quantities.TryParseBytes(text, out _));

    [Theory]
    [InlineData("500ms", "00:00:00.5")]
    [InlineData("3s", "00:00:03")]
    [InlineData("10m", "00:10:00")]
    [InlineData("1.5h", "01:30:00")]
    [InlineData("7d", "7.00:00:00")]
    [InlineData("00:00:01.5", "00:00:01.5")]
    public void Times_are_read_with_their_unit(string text, string expected)
    {
        Assert.True(Quantities.TryParseTime(text, out var time));
        Assert.Equal(TimeSpan.Parse(expected, CultureInfo.InvariantCulture), time);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("s")]
    [InlineData("3 parsecs")]
    [InlineData("-3s")]
    public void What_is_no_time_is_refused(string text) => Assert.False(Quantities.TryParseTime(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(268_435_456, "256 MiB")]
    public void Bytes_are_written_shortly(long bytes, string expected) => Assert.Equal(expected, Quantities.Bytes(bytes));
}
