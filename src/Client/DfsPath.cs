using System.Text;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;
using Google.Protobuf;

namespace DfsNet.Client;

/// <summary>
/// An absolute path that was checked: valid UTF-8, bounded, without "." and "..". Repeated and trailing slashes mean nothing.
/// </summary>
internal readonly struct DfsPath
{
    private const int ShownLengthMax = 200;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private DfsPath(string text, ByteString relative)
    {
        Text = text;
        Relative = relative;
    }

    /// <summary>"/" or "/a/b".</summary>
    public string Text { get; }

    /// <summary>What requests carry: "" or "a/b".</summary>
    public ByteString Relative { get; }

    public bool IsRoot => Relative.IsEmpty;

    /// <exception cref="DfsException">InvalidArgument; the message names the path and what is wrong with it.</exception>
    public static DfsPath Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path[0] != '/')
        {
            throw Wrong(path, "is not absolute: it must begin with '/'");
        }

        // No UTF-16 text longer than the bound in bytes can encode to fewer bytes.
        if (path.Length > Limits.PathBytesMax)
        {
            throw Wrong(path, $"is longer than {Limits.PathBytesMax} bytes");
        }

        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (string name in names)
        {
            CheckName(path, name);
        }

        string text = "/" + string.Join('/', names);
        byte[] bytes = Strict.GetBytes(text);
        if (bytes.Length > Limits.PathBytesMax)
        {
            throw Wrong(path, $"is longer than {Limits.PathBytesMax} bytes");
        }

        return new DfsPath(text, ByteString.CopyFrom(bytes, 1, bytes.Length - 1));
    }

    public PathRef ToReference() => new() { Path = Relative };

    /// <summary>
    /// The path of an entry; its name comes from the server, and bytes that are no UTF-8 are shown as replacement characters.
    /// </summary>
    public static string Join(string directory, ByteString name) =>
        directory == "/" ? "/" + name.ToStringUtf8() : $"{directory}/{name.ToStringUtf8()}";

    /// <summary>A name that stands alone.</summary>
    public static ByteString EncodeName(string name)
    {
        if (name.Length == 0)
        {
            return ByteString.Empty;
        }

        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw Wrong(name, "is not a name: it contains '/'");
        }

        CheckName(name, name);
        return ByteString.CopyFrom(Strict.GetBytes(name));
    }

    private static void CheckName(string path, string name)
    {
        if (name is "." or "..")
        {
            throw Wrong(path, $"contains \"{name}\"");
        }

        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw Wrong(path, "contains a NUL character");
        }

        int length;
        try
        {
            length = Strict.GetByteCount(name);
        }
        catch (EncoderFallbackException)
        {
            throw Wrong(path, "is not valid Unicode: it contains half of a surrogate pair");
        }

        if (length > Limits.NameBytesMax)
        {
            throw Wrong(path, $"has a name of {length} bytes; at most {Limits.NameBytesMax} are allowed");
        }
    }

    private static DfsException Wrong(string path, string what)
    {
        var shown = new StringBuilder();
        foreach (char letter in path.Length > ShownLengthMax ? path[..ShownLengthMax] : path)
        {
            shown.Append(char.IsControl(letter) || char.IsSurrogate(letter) ? '\uFFFD' : letter);
        }

        string dots = path.Length > ShownLengthMax ? "…" : "";
        return new DfsException(ErrorCode.InvalidArgument, "check path", $"path \"{shown}{dots}\" {what}");
    }
}
