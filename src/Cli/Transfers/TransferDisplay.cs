using DfsNet.Cli.Output;
using Spectre.Console;

namespace DfsNet.Cli.Transfers;

/// <summary>Shows a running transfer on standard error: a bar on a terminal, a line now and then elsewhere.</summary>
internal sealed class TransferDisplay(Surroundings surroundings, bool quiet)
{
    // Smooth for the eye and nothing for the processor.
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);

    // A log file of an hour's transfer stays readable.
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    // What ends sooner needs no bar.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>Returns when <paramref name="work"/> has ended, and lets it throw.</summary>
    public async Task ShowAsync(string verb, TransferCounters counters, Task work, TransferReport report)
    {
        if (!quiet && !await EndsWithinAsync(work, Patience).ConfigureAwait(false))
        {
            await (surroundings.ErrorIsTerminal ? ShowBarAsync(verb, counters, work) : ShowLinesAsync(verb, counters, work)).ConfigureAwait(
                false);
        }

        await report.TellWaitingAsync().ConfigureAwait(false);
        await work.ConfigureAwait(false);
    }

    private async Task ShowBarAsync(string verb, TransferCounters counters, Task work)
    {
        await Bars.Create(surroundings).StartAsync(async context =>
        {
            var bar = context.AddTask(verb, autoStart: true);
            do
            {
                Update(bar, verb, counters);
            }
            while (!await EndsWithinAsync(work, BarInterval).ConfigureAwait(false));

            Update(bar, verb, counters);
            bar.StopTask();
        }).ConfigureAwait(false);
    }

    private static void Update(ProgressTask bar, string verb, TransferCounters counters)
    {
        string more = counters.Complete ? "" : "+";
        bar.Description = counters.FilesFound == 1 && counters.Complete
            ? verb
            : $"{verb} {counters.FilesDone}/{counters.FilesFound}{more} files";
        // A total of nothing would show as done.
        bar.MaxValue = Math.Max(counters.BytesFound, 1);
        bar.IsIndeterminate = counters.BytesFound == 0;
        bar.Value = counters.BytesDone;
    }

    private async Task ShowLinesAsync(string verb, TransferCounters counters, Task work)
    {
        long began = surroundings.Time.GetTimestamp();
        while (!await EndsWithinAsync(work, LineInterval).ConfigureAwait(false))
        {
            string more = counters.Complete ? "" : "+";
            // The length of a pipe is not known before its end.
            string total = counters.BytesFound == 0 ? "" : $" of {Quantities.Bytes(counters.BytesFound)}{more}";
            await surroundings.Error.WriteLineAsync(
                $"{verb}: {counters.FilesDone} of {counters.FilesFound}{more} files, {Quantities.Bytes(counters.BytesDone)}{total}, "
                + Quantities.Rate(counters.BytesDone, surroundings.Time.GetElapsedTime(began))).ConfigureAwait(false);
        }
    }

    private async Task<bool> EndsWithinAsync(Task work, TimeSpan time)
    {
        using var ended = new CancellationTokenSource();
        await Task.WhenAny(work, Task.Delay(time, surroundings.Time, ended.Token)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        return work.IsCompleted;
    }
}
