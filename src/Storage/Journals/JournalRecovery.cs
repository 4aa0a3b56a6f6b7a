namespace DfsNet.Storage.Journals;

/// <summary>What opening a journal found.</summary>
/// <param name="Segments">Segments read; 0 for a new journal.</param>
/// <param name="Records">Records replayed.</param>
/// <param name="FirstPosition">The position of the oldest record kept, or the end where there is none.</param>
/// <param name="EndPosition">The position after the last record.</param>
/// <param name="BytesCut">Bytes of an incomplete tail that are ignored from now on.</param>
/// <param name="ForeignFiles">Names in the directory that are not the journal's; left alone.</param>
public sealed record JournalRecovery(
    int Segments, long Records, long FirstPosition, long EndPosition, long BytesCut, IReadOnlyList<string> ForeignFiles);
