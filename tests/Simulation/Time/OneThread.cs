namespace DfsNet.Simulation.Time;

/// <summary>The condition under which a seed means anything: every continuation of the process runs on the same thread.</summary>
internal static class OneThread
{
    public static void Require()
    {
        ThreadPool.GetMaxThreads(out int workers, out _);
        if (workers != 1)
        {
            throw new SimulationException(
                $"the thread pool may have {workers} threads; the simulator needs exactly one");
        }
    }
}
