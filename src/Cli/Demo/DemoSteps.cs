using DfsNet.Cli.Output;
using Spectre.Console;

namespace DfsNet.Cli.Demo;

/// <summary>What one step of a demo came to.</summary>
/// <param name="Gap">Longest pause after the kill; null without one.</param>
/// <param name="Matched">Whether the bytes were right; null when none were read.</param>
internal sealed record DemoStep(string Name, long Bytes, TimeSpan Time, TimeSpan? Gap, bool? Matched);

/// <summary>Runs the steps of a demo one after the other, shows each as a bar or a line, and all of them in a closing table.</summary>
internal sealed class DemoSteps(Surroundings surroundings, bool quiet)
{
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);
    private readonly List<DemoStep> _done = [];

    public bool EverythingMatched => _done.All(step => step.Matched != false) && _done.Any(step => step.Matched == true);

    public async Task SayAsync(string line)
    {
        if (!quiet)
        {
            await surroundings.Out.WriteLineAsync(line).ConfigureAwait(false);
            await surroundings.Out.FlushAsync().ConfigureAwait(false);
        }
    }

    /// <param name="work">Moves the bytes and reports how many it has moved; gives the gap and the comparison.</param>
    public async Task<DemoStep> RunAsync(string name, long bytes, Func<IProgress<long>, Task<(TimeSpan? Gap, bool? Matched)>> work)
    {
        long began = surroundings.Time.GetTimestamp();
        var position = new Position();
        var running = work(position);
        if (surroundings.ErrorIsTerminal && !quiet)
        {
            await ShowAsync(name, bytes, position, running).ConfigureAwait(false);
        }

        var (gap, matched) = await running.ConfigureAwait(false);
        var step = new DemoStep(name, bytes, surroundings.Time.GetElapsedTime(began), gap, matched);
        _done.Add(step);
        if (!surroundings.ErrorIsTerminal)
        {
            string pause = gap is null ? "" : $", longest gap {Quantities.Time(gap.Value)}";
            string speed = $"{Quantities.Bytes(bytes)} in {Quantities.Time(step.Time)}, {Quantities.Rate(bytes, step.Time)}";
            await SayAsync($"{name}: {speed}{pause}{Verdict(step, ", ")}").ConfigureAwait(false);
        }

        return step;
    }

    /// <summary>The closing table.</summary>
    public void WriteTable(IReadOnlyList<string> closing)
    {
        if (quiet)
        {
            return;
        }

        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("step", "bytes", "time", "throughput", "longest gap", "SHA-256");
        foreach (var step in _done)
        {
            table.AddRow(
                Markup.Escape(step.Name),
                Quantities.Bytes(step.Bytes),
                Quantities.Time(step.Time),
                Quantities.Rate(step.Bytes, step.Time),
                step.Gap is { } gap ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{gap.TotalSeconds:0.00} s") : "",
                Verdict(step, ""));
        }

        var console = Bars.Console(surroundings.Out);
        console.Write(table);
        foreach (string line in closing)
        {
            console.WriteLine(line);
        }
    }

    private static string Verdict(DemoStep step, string before) => step.Matched switch
    {
        true => before + "equal",
        false => before + "DIFFERENT",
        null => "",
    };

    private async Task ShowAsync(string name, long bytes, Position position, Task running)
    {
        await Bars.Create(surroundings).StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(name), maxValue: bytes);
            while (!running.IsCompleted)
            {
                bar.Value = position.Bytes;
                using var over = new CancellationTokenSource();
                await Task.WhenAny(running, Task.Delay(BarInterval, surroundings.Time, over.Token)).ConfigureAwait(false);
                await over.CancelAsync().ConfigureAwait(false);
            }

            bar.Value = position.Bytes;
            bar.StopTask();
        }).ConfigureAwait(false);
    }

    /// <summary>The newest report of a step, for its bar.</summary>
    private sealed class Position : IProgress<long>
    {
        private long _bytes;

        public long Bytes => Interlocked.Read(ref _bytes);

        public void Report(long value) => Interlocked.Exchange(ref _bytes, value);
    }
}
