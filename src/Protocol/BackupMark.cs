namespace DfsNet.Protocol;

/// <summary>
/// What a chunk says of itself that holds bytes of a backup of the metadata: the point of history that the backup shows, by which the parts
/// of one backup are found when no metadata is left. The default is the mark of every other chunk.
/// </summary>
/// <param name="Incarnation">Of the cluster, from 1.</param>
/// <param name="Index">Of the last command that the backup has.</param>
public readonly record struct BackupMark(ulong Incarnation, ulong Index) : IComparable<BackupMark>
{
    /// <summary>Whether it is the mark of an ordinary chunk.</summary>
    public bool IsNone => Incarnation == 0;

    /// <summary>Earlier points of history come first.</summary>
    public int CompareTo(BackupMark other) =>
        Incarnation != other.Incarnation ? Incarnation.CompareTo(other.Incarnation) : Index.CompareTo(other.Index);

    /// <summary>"incarnation.index".</summary>
    public override string ToString() => $"{Incarnation}.{Index}";
}
