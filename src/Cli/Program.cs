using System.Runtime.InteropServices;
using DfsNet.Cli;
using DfsNet.Cli.Local;

// The composition root of the command line: the machine's console, signals, clock and randomness enter here.
if (CommandLineBytes.FindInvalidArgument(args) is { } invalid)
{
    Console.Error.WriteLine($"dfs: argument {invalid} is not valid UTF-8; DfsNet takes names in UTF-8 only");
    return ExitCode.Usage;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopOrLeave);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopOrLeave);

#pragma warning disable RS0030 // composition root
var surroundings = new Surroundings
{
    Out = Console.Out,
    Error = Console.Error,
    OpenInput = Console.OpenStandardInput,
    OpenOutput = Console.OpenStandardOutput,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    OutIsTerminal = !Console.IsOutputRedirected,
    Time = TimeProvider.System,
    Random = Random.Shared,
    Variable = Environment.GetEnvironmentVariable,
};
#pragma warning restore RS0030
return await CommandLine.RunAsync(args, surroundings, stop.Token).ConfigureAwait(false);

// The first signal asks the command to end in good order; a second one is an order.
void StopOrLeave(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
