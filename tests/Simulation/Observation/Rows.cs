namespace DfsNet.Simulation.Observation;

/// <summary>
/// The rows of architecture "what happens when" that exist by now, and what the protocol's pages say beside them. Each is counted when it
/// really happened, from what can be seen of it; one that never happens in many runs is a hole in the runs.
/// </summary>
internal static class Rows
{
    /// <summary>How the names begin.</summary>
    public const string Prefix = "row: ";

    // Reads.
    public const string ReadLeftFailed = "row: a read went on elsewhere, the server had failed";
    public const string ReadLeftSilent = "row: a read went on elsewhere, the server was silent";
    public const string ReadLeftBad = "row: a read went on elsewhere, the replica was bad";
    public const string ReadHealthyFirst = "row: a read preferred a healthy server to a silent one";
    public const string ReadUnfinished = "row: an open chunk's unfinished block was read";
    public const string BadBlockRefused = "row: a server refused to serve a bad block";
    public const string BadReplicaReported = "row: a reader reported a bad replica";
    public const string LayoutRefetched = "row: a layout was fetched again after \"no such chunk\"";

    // Writes.
    public const string ChainReplaced = "row: a chain was replaced, its window sent again";
    public const string ChainLeftFull = "row: a chain went on elsewhere, a volume was full";
    public const string ChainLostToDisk = "row: a chain ended by a disk";
    public const string ChainLostToNetwork = "row: a chain ended by the network";
    public const string ChainLostToData = "row: a chain ended by bytes that differ";
    public const string ChainSilent = "row: a chain ended by silence";
    public const string FrameOutOfPlace = "row: an append frame out of its place was refused";
    public const string FrameCorrupt = "row: a corrupted append frame was refused";

    // Seals.
    public const string OwnerAsked = "row: an owner was asked to seal";
    public const string SealByOwner = "row: sealed by its owner";
    public const string SealByRequest = "row: sealed by its owner on request";
    public const string SealByLeader = "row: sealed by the leader, the owner did not answer";
    public const string SealByGoodbye = "row: sealed by the end of its session, at its client's word";
    public const string SealBySilence = "row: sealed by the end of its session, after silence";
    public const string EmptyDropped = "row: an empty chunk was dropped at the end of its session";
    public const string ReplicaCut = "row: bytes beyond a seal were cut";
    public const string ReturnedSealed = "row: a replica that came back was told its seal and obeyed";

    // Sessions and calls.
    public const string LateCommitRefused = "row: a commit was refused, its session had ended";
    public const string WordBeyondSeal = "row: an owner's commit or seal beyond an earlier seal was refused";
    public const string KeptResult = "row: a retry was answered from the kept result";
    public const string SessionLost = "row: a client lost its session";
    public const string OrphanHeld = "row: an unlinked file was kept while held, and reclaimed";
    public const string OutcomeUnknown = "row: a caller was told that the outcome is unknown";
    public const string TimedOut = "row: a caller was told that its time is over";
    public const string Overloaded = "row: a call was refused as overload";
    public const string TooFewServers = "row: a chunk was refused for too few servers";

    // Servers, volumes and replicas.
    public const string ServerSuspect = "row: a server was suspect";
    public const string ServerDead = "row: a server was dead";
    public const string TwinRefused = "row: a second process of a server was refused";
    public const string ReplicasCompared = "row: a server that came back reported its replicas";
    public const string ReplicaReopened = "row: an open replica was found at a restart";
    public const string ReplicaQuarantined = "row: a replica was quarantined";
    public const string DamageReported = "row: a server reported a damaged replica";
    public const string VolumeFailed = "row: a volume failed and took no more writes";
    public const string FailedVolumeRead = "row: a server with a failed volume was read";
    public const string VolumeFull = "row: a volume became full";
    public const string VolumeSlow = "row: a volume was left out for being slow";
    public const string VolumeHasSpace = "row: a full volume got space again";
    public const string VolumeTailCut = "row: an incomplete tail of a volume journal was cut";
    public const string ReplicaRemoved = "row: a removal was committed, ordered and confirmed";
    public const string SurplusRemoved = "row: a replica that the record does not know was removed";

    // Repair.
    public const string CopyMade = "row: a chunk was copied to another server";
    public const string CopyRefused = "row: a copy was refused or failed";
    public const string CopyAdopted = "row: a copy became a replica";
    public const string LastCopyRepaired = "row: a chunk with one replica left got another";
    public const string Trimmed = "row: a replica of a living chunk was let go";
    public const string Braked = "row: so much failed at once that repair was braked";

    // The metadata node.
    public const string LogTailCut = "row: an incomplete tail of the command log was cut";
    public const string StoreReplayed = "row: the store fell back and was replayed from the log";
    public const string LogCut = "row: the store was flushed and the log cut below";
    public const string GrowthRefused = "row: growth was refused, the metadata disk was full";
    public const string FlushPutOff = "row: a flush of the store was put off, the disk was full";
    public const string MetaStopped = "row: the metadata node stopped, its disk had failed";

    public const string LeaderBegan = "row: one of several metadata servers began to lead";
    public const string SnapshotInstalled = "row: a metadata server that lagged installed a snapshot";
    public const string LogRepaired = "row: a damaged command log was repaired by the others";

    /// <summary>Each must happen at least once in a thousand seeds.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        ReadLeftFailed, ReadLeftSilent, ReadLeftBad, ReadHealthyFirst, ReadUnfinished, BadBlockRefused, BadReplicaReported, LayoutRefetched,
        ChainReplaced, ChainLeftFull, ChainLostToDisk, ChainLostToNetwork, ChainLostToData, ChainSilent, FrameOutOfPlace, FrameCorrupt,
        OwnerAsked, SealByOwner, SealByRequest, SealByLeader, SealByGoodbye, SealBySilence, EmptyDropped, ReplicaCut, ReturnedSealed,
        LateCommitRefused, WordBeyondSeal, KeptResult, SessionLost, OrphanHeld, OutcomeUnknown, TimedOut, Overloaded, TooFewServers,
        ServerSuspect, ServerDead, TwinRefused, ReplicasCompared, ReplicaReopened, ReplicaQuarantined, DamageReported,
        VolumeFailed, FailedVolumeRead, VolumeFull, VolumeHasSpace, VolumeSlow, VolumeTailCut, ReplicaRemoved, SurplusRemoved,
        CopyMade, CopyRefused, CopyAdopted, LastCopyRepaired, Trimmed, Braked,
        LogTailCut, StoreReplayed, LogCut, GrowthRefused, FlushPutOff, MetaStopped, LeaderBegan, SnapshotInstalled, LogRepaired,
    ];
}
