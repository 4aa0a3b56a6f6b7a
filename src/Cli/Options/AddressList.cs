using DfsNet.Hosting.Listening;

namespace DfsNet.Cli.Options;

/// <summary>Addresses of servers on a command line: host:port, separated by commas.</summary>
internal static class AddressList
{
    /// <param name="text">What was given.</param>
    /// <param name="source">Where: an option, or a variable.</param>
    /// <exception cref="CommandFailure">An address cannot be, or there is none.</exception>
    public static IReadOnlyList<string> Parse(string text, string source)
    {
        string[] addresses = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (string address in addresses)
        {
            if (!ListenAddress.TryParse(address, out var parts) || parts.Port == 0)
            {
                throw CommandFailure.Usage($"{source}: \"{address}\" is not host:port");
            }
        }

        return addresses.Length != 0 ? addresses : throw CommandFailure.Usage($"{source}: no address given");
    }
}
