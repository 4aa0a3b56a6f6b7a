using System.Globalization;
using DfsNet.Protocol;
using DfsNet.Protocol.Wire;

namespace DfsNet.MetaServer.Backups;

/// <summary>How a scheduled backup is called: when it was taken, for people, and the point of history that it shows.</summary>
/// <param name="Taken">By the clock of the leader, to the second.</param>
/// <param name="Mark">Also the mark of the chunks that it lies in.</param>
public readonly record struct BackupName(DateTimeOffset Taken, BackupMark Mark) : IComparable<BackupName>
{
    // Sorts as time does, and is a file's name everywhere.
    private const string TimeFormat = "yyyy-MM-dd'T'HH-mm-ss'Z'";

    public static BackupName Of(BackupHeader header) => new(
        DateTimeOffset.FromUnixTimeSeconds(header.TakenUnixMs / 1_000), new BackupMark(header.Incarnation, header.Point.Index));

    /// <summary>Earlier points of history come first, and of one point what was taken earlier.</summary>
    public int CompareTo(BackupName other) => Mark != other.Mark ? Mark.CompareTo(other.Mark) : Taken.CompareTo(other.Taken);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Taken.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}.{Mark}");

    /// <summary>Reads what <see cref="ToString"/> gives; false for every other text.</summary>
    public static bool TryParse(string text, out BackupName name)
    {
        name = default;
        string[] parts = text.Split('.');
        if (parts.Length != 3
            || !DateTimeOffset.TryParseExact(
                parts[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var taken)
            || !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong incarnation)
            || !ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong index))
        {
            return false;
        }

        name = new BackupName(taken, new BackupMark(incarnation, index));
        return !name.Mark.IsNone && name.ToString() == text;
    }
}
