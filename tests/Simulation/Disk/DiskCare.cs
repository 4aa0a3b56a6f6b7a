using DfsNet.Devices;

namespace DfsNet.Simulation.Disk;

/// <summary>What happens to a disk from outside: it goes down with its machine, and somebody mends it.</summary>
internal static class DiskCare
{
    /// <summary>The process, or the whole machine, is gone; the disk waits for the next life.</summary>
    public static void GoDown(this SimulatedDisk disk, bool powerLost)
    {
        if (disk.Crashed)
        {
            // It took the machine down itself, inside an operation.
        }
        else if (powerLost)
        {
            disk.Crash();
        }
        else
        {
            disk.Kill();
        }

        disk.Restart();
    }

    /// <summary>From now on it works and has room. What it has lost stays lost.</summary>
    public static void Mend(this SimulatedDisk disk)
    {
        disk.Images.Faults.Clear();
        disk.FlushesFail = false;
        disk.WritesFail = null;
        disk.CapacityBytes = null;
    }
}
