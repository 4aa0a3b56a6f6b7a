namespace DfsNet.ChunkServer.Tests.Chunks;

/// <summary>The power fails at every disk operation of scripts that do everything, and again during the recovery (D6).</summary>
public sealed class VolumeCrashTests
{
    // More than any script has; the test demands that the script ended before.
    private const int OperationsMax = 600;

    // What a power cut takes is left to chance: each kill is tried with a few.
    private const int SeedsPerKill = 4;

    public static TheoryData<string> Scripts => ["append", "seal", "remove", "import", "checkpoint"];

    private static IReadOnlyList<(VolumeStep Step, int Slot, int Number)> ScriptOf(string name) => name switch
    {
        "append" =>
        [
            (VolumeStep.Create, 0, 0), (VolumeStep.AppendSmall, 0, 100), (VolumeStep.AppendLarge, 0, 100_000),
            (VolumeStep.AppendMany, 0, 30_000), (VolumeStep.AppendSmall, 0, 5),
        ],
        "seal" =>
        [
            (VolumeStep.Create, 0, 0), (VolumeStep.AppendMany, 0, 70_000), (VolumeStep.SealShorter, 0, 3), (VolumeStep.Create, 1, 0),
            (VolumeStep.AppendMany, 1, 50_000), (VolumeStep.Seal, 1, 0), (VolumeStep.Read, 0, 0),
        ],
        "remove" =>
        [
            (VolumeStep.Create, 0, 0), (VolumeStep.AppendMany, 0, 20_000), (VolumeStep.Remove, 0, 0), (VolumeStep.Create, 1, 0),
            (VolumeStep.AppendSmall, 1, 500), (VolumeStep.Seal, 1, 0), (VolumeStep.Remove, 1, 0),
        ],
        "import" =>
        [
            (VolumeStep.Import, 0, 150_000), (VolumeStep.Read, 0, 0), (VolumeStep.Remove, 0, 0), (VolumeStep.Import, 1, 10),
        ],
        _ =>
        [
            (VolumeStep.Create, 0, 0), (VolumeStep.Create, 1, 0), (VolumeStep.AppendSmall, 0, 60_000), (VolumeStep.AppendSmall, 1, 60_000),
            (VolumeStep.AppendSmall, 0, 60_000), (VolumeStep.AppendLarge, 1, 1_000), (VolumeStep.AppendSmall, 0, 60_000),
            (VolumeStep.AppendSmall, 1, 60_000), (VolumeStep.SealShorter, 1, 2), (VolumeStep.AppendSmall, 0, 60_000),
            (VolumeStep.AppendMany, 0, 60_000), (VolumeStep.Close, 0, 0),
        ],
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task What_was_acknowledged_survives_a_crash_at_any_operation(string script)
    {
        bool ended = false;
        for (int crashAt = 1; !ended; crashAt++)
        {
            Assert.True(crashAt < OperationsMax);
            var model = new VolumeModel();
            await model.StartAsync(crashAt);
            model.Bench.Disk.CrashAtOperation(crashAt);
            ended = await RunAsync(model, script);
            await model.ReopenAsync(model.Bench.Disk.Crash);
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Recovery_survives_a_crash_at_any_of_its_operations(string script)
    {
        for (int first = 4; first < 40; first += 7)
        {
            bool opened = false;
            for (int second = 1; !opened; second++)
            {
                Assert.True(second < OperationsMax);
                var model = new VolumeModel();
                await model.StartAsync(first * 1_000 + second);
                model.Bench.Disk.CrashAtOperation(first);
                await RunToCrashAsync(model, script);
                model.Bench.Disk.Crash();
                await model.Bench.CloseAllAsync();
                model.Bench.Disk.Restart();
                model.Bench.Disk.CrashAtOperation(second);
                opened = await TryOpenAsync(model.Bench);
                await model.ReopenAsync(model.Bench.Disk.Crash);
            }
        }
    }

    /// <summary>What a restarted server says it has may stand in the page cache only: the power must not take it afterwards.</summary>
    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task What_is_served_after_a_kill_at_any_operation_survives_the_power_cut_that_follows(string script)
    {
        bool ended = false;
        for (int killAt = 1; !ended; killAt++)
        {
            Assert.True(killAt < OperationsMax);
            for (int seed = 0; seed < SeedsPerKill; seed++)
            {
                var model = new VolumeModel();
                await model.StartAsync((killAt * SeedsPerKill) + seed);
                model.Bench.Disk.KillAtOperation(killAt);
                await RunToCrashAsync(model, script);
                ended = !model.Bench.Disk.Crashed;
                await model.ReopenAsync(model.Bench.Disk.Kill);
                await model.ReopenAsync(model.Bench.Disk.Crash);
            }
        }
    }

    private static async Task<bool> RunAsync(VolumeModel model, string script)
    {
        foreach (var (step, slot, number) in ScriptOf(script))
        {
            if (!await model.TakeAsync(step, slot, number))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task RunToCrashAsync(VolumeModel model, string script)
    {
        foreach (var (step, slot, number) in ScriptOf(script))
        {
            if (model.Bench.Disk.Crashed || !await model.TryActAsync(step, slot, number))
            {
                return;
            }
        }
    }

    private static async Task<bool> TryOpenAsync(VolumeBench bench)
    {
        try
        {
            await bench.OpenAsync();
            return !bench.Disk.Crashed;
        }
        catch (DfsException)
        {
            return false;
        }
    }
}
