using System.Globalization;

namespace DfsNet.Client.Metadata;

/// <summary>Addresses as people write them: host:port.</summary>
internal static class ServerAddressText
{
    public static bool IsValid(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            && port != 0
            && Uri.TryCreate($"http://{text}", UriKind.Absolute, out _);
    }

    /// <summary>The part before the port.</summary>
    public static ReadOnlySpan<char> HostOf(string address)
    {
        int colon = address.LastIndexOf(':');
        return colon < 0 ? address : address.AsSpan(0, colon);
    }
}
