using System.Text;
using CsCheck;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests;

/// <summary>What is a path, and what the error says when something is not.</summary>
public sealed class PathTests
{
    [Theory]
    [InlineData("/", "")]
    [InlineData("/a", "a")]
    [InlineData("/a/b", "a/b")]
    [InlineData("//a///b//", "a/b")]
    [InlineData("/...", "...")]
    [InlineData("/ü/日本", "ü/日本")]
    public void Absolute_paths_are_accepted_and_slashes_collapse(string text, string relative) =>
        Assert.Equal(relative, DfsPath.Parse(text).Relative.ToStringUtf8());

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("/a/./b")]
    [InlineData("/a/..")]
    [InlineData("/a\0b")]
    public void What_can_never_be_a_path_is_refused_by_name(string text)
    {
        var error = Assert.Throws<DfsException>(() => DfsPath.Parse(text));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.StartsWith("path \"", error.Message, StringComparison.Ordinal);
    }

    // Not an InlineData: attributes hold UTF-8, and the compiler would mend it.
    [Fact]
    public void Half_a_surrogate_pair_is_refused() => Assert.False(IsAccepted("/half\ud800"));

    [Theory]
    [InlineData('a', 255, true)]
    [InlineData('a', 256, false)]
    [InlineData('ü', 127, true)]
    [InlineData('ü', 128, false)]
    public void A_name_has_at_most_255_bytes(char letter, int count, bool accepted) =>
        Assert.Equal(accepted, IsAccepted("/" + new string(letter, count)));

    [Fact]
    public void A_path_has_at_most_4096_bytes()
    {
        string longest = string.Concat(Enumerable.Repeat("/" + new string('x', 255), 16));
        Assert.Equal(4096, longest.Length);
        Assert.True(IsAccepted(longest));
        Assert.False(IsAccepted(longest + "y"));
        Assert.False(IsAccepted(longest + "/y"));
    }

    [Fact]
    public void Every_accepted_path_survives_the_wire() =>
        Gen.String[Gen.Char[' ', '\u07ff'], 1, 50].Sample(name =>
        {
            string text = "/" + name.Replace('/', '_');
            if (text is "/." or "/..")
            {
                return;
            }

            var path = DfsPath.Parse(text);
            Assert.Equal(text, "/" + Encoding.UTF8.GetString(path.Relative.Span));
        });

    private static bool IsAccepted(string text)
    {
        try
        {
            DfsPath.Parse(text);
            return true;
        }
        catch (DfsException error)
        {
            Assert.Equal(ErrorCode.InvalidArgument, error.Code);
            return false;
        }
    }
}
