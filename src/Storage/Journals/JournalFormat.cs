namespace DfsNet.Storage.Journals;

/// <summary>Every byte a journal puts on disk.</summary>
internal static class JournalFormat
{
    /// <summary>Largest batch a reader accepts.</summary>
    public const int BatchBytesMax = 64 * 1024 * 1024;
}
