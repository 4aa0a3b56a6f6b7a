using Spectre.Console;

namespace DfsNet.Cli.Output;

/// <summary>Progress bars on standard error.</summary>
internal static class Bars
{
    public static IAnsiConsole Console(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    public static Progress Create(Surroundings surroundings) => Console(surroundings.Error).Progress()
        .AutoClear(false)
        .HideCompleted(false)
        .Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(),
            new PercentageColumn(),
            new DownloadedColumn { Base = FileSizeBase.Binary },
            new TransferSpeedColumn { Base = FileSizeBase.Binary },
            new RemainingTimeColumn());
}
