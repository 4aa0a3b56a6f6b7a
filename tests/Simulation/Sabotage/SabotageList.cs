namespace DfsNet.Simulation.Sabotage;

/// <summary>Every sabotage there is: a new one is a file and a line here.</summary>
internal static class SabotageList
{
    public static IReadOnlyList<ISabotage> All { get; } =
    [
        new AcknowledgeBeforeFlush(),
        new AcknowledgeACommandBeforeFlush(),
        new AcknowledgeBeforeTheChain(),
        new SkipTheDirectoryFlush(),
        new ServeWithoutChecking(),
        new ForgetTheSequence(),
        new ResendUnderANewSession(),
        new ReuseAStaleReplica(),
        new IgnoreASeal(),
        new CommitBeyondASeal(),
        new CutALogAtItsFirstBadRecord(),
        new CallATornBatchDamage(),
        new TrustASecondFsync(),
        new ForgetAKey(),
        new DropOneRecordOfABatch(),
        new SealAtTheWrongLength(),
        new OrderARemovalBeforeItIsCommitted(),
        new ReuseAnId(),
        new VoteTwice(),
        new AcknowledgeEntriesBeforeFlush(),
        new ServeAStaleRead(),
        new ForgetTheLeaseMargin(),
        new InstallABrokenSnapshot(),
        new ReportSuccessToAnOldWaiter(),
        new CutTheLogAtTheAppliedIndex(),
        new KeepWhatIsDrained(),
        new LeaveThemTogether(),
        new CountForEver(),
        new ForgetTheCopies(),
        new LetGoOfAGoodReplica(),
    ];

    public static ISabotage Find(string name) => All.FirstOrDefault(sabotage => sabotage.Name == name)
        ?? throw new SabotageException($"there is no sabotage \"{name}\"");
}
