namespace DfsNet.Protocol;

/// <summary>Bounds that both ends of the wire agree on.</summary>
public static class Limits
{
    /// <summary>Checksum unit inside a chunk: small enough to verify a small read cheaply, large enough for a 4 KiB table.</summary>
    public const int BlockSize = 64 * 1024;

    /// <summary>Largest chunk; a cluster may choose a smaller multiple of the block size at bootstrap.</summary>
    public const int ChunkSizeMax = 64 * 1024 * 1024;

    /// <summary>Largest payload of one append frame.</summary>
    public const int FramePayloadMax = 1024 * 1024;

    /// <summary>Payload of one read frame: 15 blocks, so that the receiver's rented array (header and payload) fits in 1 MiB.</summary>
    public const int ReadFramePayloadMax = 15 * BlockSize;

    /// <summary>Unacknowledged bytes of one append stream; what a failed chain costs to send again.</summary>
    public const int AppendWindowMax = 16 * 1024 * 1024;

    /// <summary>Appends up to this size are durable inside the journal; larger ones go to the chunk's file first.</summary>
    public const int SmallAppendMax = BlockSize;

    public const int NameBytesMax = 255;
    public const int PathBytesMax = 4096;

    /// <summary>Records one command may write.</summary>
    public const int CommandRecordsMax = 10_000;

    /// <summary>Slices in one commit.</summary>
    public const int CommitSlicesMax = 1_000;

    /// <summary>Kept results of a session.</summary>
    public const int SessionResultsMax = 1_024;

    public const int SessionOpenChunksMax = 16;

    /// <summary>
    /// The command that ends a session writes three records per owned chunk, three per staged file and one per kept result.
    /// </summary>
    public const int SessionOwnedChunksMax = 2_048;
    public const int SessionStagedFilesMax = 512;

    /// <summary>Largest control message either side accepts.</summary>
    public const int ControlMessageMax = 4 * 1024 * 1024;

    /// <summary>Largest bulk message either side accepts: a frame and its header.</summary>
    public const int BulkMessageMax = FramePayloadMax + 64 * 1024;

    /// <summary>Largest length of a file: offsets stay positive in a signed 64-bit number.</summary>
    public const long FileLengthMax = long.MaxValue - ChunkSizeMax;

    public const int ListPageMax = 2_000;
    public const int LayoutPageMax = 2_000;
    public const int ReportPageMax = 10_000;
}
