namespace DfsNet.Cli.Output;

/// <summary>What a put or get came to.</summary>
internal sealed record TransferFacts(long Files, long Directories, long Bytes, double Seconds, long Failed, long Skipped);

/// <summary>What a demo came to.</summary>
internal sealed record DemoFacts(
    bool Matched,
    long FileBytes,
    string Sha256,
    double PutMiBPerSecond,
    double GetMiBPerSecond,
    double ReadGapAtKillSeconds,
    double WriteGapAtKillSeconds,
    double WriteGapAtLeaderKillSeconds,
    int ReplicasAtStart,
    int ReplicasAtEnd);
