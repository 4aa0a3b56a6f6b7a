using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Faults;

/// <summary>A process is killed, or a machine loses its power, exactly inside an operation of a disk: the torn write.</summary>
internal sealed class CrashInsideOperation : IFault
{
    private const double OperationsMax = 60;

    public string Name => "torn write";

    public async Task StrikeAsync(World world, Strike strike)
    {
        var hit = StrikeDisk.Any(world, strike);
        bool isKill = strike.Random.Next(2) == 0;
        int n = (int)strike.Draw(1, OperationsMax);
        strike.Note($"{(isKill ? "kills" : "cuts the power of")} {hit.Machine.Name} inside change {n} of {hit.Name} from now");
        if (isKill)
        {
            hit.Disk.KillAtOperation(n);
        }
        else
        {
            hit.Disk.CrashAtOperation(n);
        }

        var down = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        hit.Disk.Images.WentDown += GoDown;
        await Task.WhenAny(down.Task, strike.LastAsync(TimeSpan.FromSeconds(1), world.Shape.SafetyPhase)).ConfigureAwait(false);
        hit.Disk.Images.WentDown -= GoDown;
        (hit.Disk.Images.Faults.CrashAt, hit.Disk.Images.Faults.KillAt) = (0, 0);
        if (down.Task.IsCompleted)
        {
            strike.Fired();
            await strike.LastAsync(TimeSpan.Zero, world.Shape.MetaOptions.DeadAfter * 2).ConfigureAwait(false);
            hit.Machine.IsHeldDown = false;
            hit.Machine.Start();
        }

        void GoDown()
        {
            if (!hit.Machine.IsUp)
            {
                // Somebody else took it down.
                return;
            }

            hit.Machine.IsHeldDown = true;
            if (isKill)
            {
                hit.Machine.Kill();
            }
            else
            {
                hit.Machine.CutPower();
            }

            down.TrySetResult();
        }
    }
}
