using DfsNet.Hosting.Listening;

namespace DfsNet.Hosting;

/// <summary>Addresses are host:port, in every form that people write.</summary>
public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:7700", "127.0.0.1", 7700, false)]
    [InlineData("localhost:0", "localhost", 0, false)]
    [InlineData("[::1]:7700", "::1", 7700, false)]
    [InlineData("0.0.0.0:1", "0.0.0.0", 1, true)]
    [InlineData("[::]:1", "::", 1, true)]
    [InlineData("*:65535", "*", 65535, true)]
    public void Host_and_port_are_taken_apart_and_put_together(string text, string host, int port, bool everyInterface)
    {
        Assert.True(ListenAddress.TryParse(text, out var address));
        Assert.Equal((host, port, everyInterface, text), (address.Host, address.Port, address.IsEveryInterface, address.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7700")]
    [InlineData(":7700")]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("::1:7700")]
    [InlineData("ho st:1")]
    [InlineData("http://host:1")]
    public void What_is_no_address_is_refused(string text) => Assert.False(ListenAddress.TryParse(text, out _));
}
