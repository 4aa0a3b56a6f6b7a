using DfsNet.Simulation.Running;
using DfsNet.Simulation.Time;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// Two schedulers at once would each wait for the other's continuations to end.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace DfsNet.Simulation;

/// <summary>The entry point of both: the simulator, when its options are given, and the tests.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            OneThread.Require();
        }
        catch (SimulationException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 2;
        }

        if (Arguments.IsOurs(args))
        {
            return await Simulator.MainAsync(args);
        }

        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
    }
}
