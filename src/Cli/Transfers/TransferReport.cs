using System.Collections.Concurrent;
using DfsNet.Cli.Output;
using DfsNet.Protocol.Wire;

namespace DfsNet.Cli.Transfers;

/// <summary>What went wrong in a transfer, told as it happens, and the closing line.</summary>
internal sealed class TransferReport(string command, Surroundings surroundings)
{
    // A wrong option on a million files would fill the screen; the rest is counted.
    private const int LinesMax = 1_000;

    private readonly long _began = surroundings.Time.GetTimestamp();

    // Lines in the middle of a bar would tear it: on a terminal they wait for its end.
    private readonly ConcurrentQueue<string> _waiting = new();
    private long _failed;
    private long _skipped;
    private int _lines;

    public bool AnyFailed => Interlocked.Read(ref _failed) != 0;

    /// <summary>A path that was not transferred. Throws when no other path would fare better, so that the transfer ends.</summary>
    public void Failed(string path, Exception error, string advice = "")
    {
        if (error is DfsException
            {
                Code: ErrorCode.Unavailable or ErrorCode.TimedOut or ErrorCode.TooFewServers or ErrorCode.OutOfSpace
            or ErrorCode.SessionEnded or ErrorCode.WrongCluster
            })
        {
            throw new CommandFailure(ErrorLines.At(path, error));
        }

        Interlocked.Increment(ref _failed);
        string text = ErrorLines.At(path, error);
        Tell(advice.Length == 0 ? text : $"{text}; {advice}");
    }

    public void Failed(string path, string problem) => Failed(path, new CommandFailure(problem));

    /// <summary>A path that was left out by choice: told, but no failure.</summary>
    public void Skipped(string path, string reason)
    {
        Interlocked.Increment(ref _skipped);
        Tell($"{Names.Printable(path)}: {reason}");
    }

    /// <summary>Tells how it went; returns the exit code.</summary>
    public async Task<int> CloseAsync(string verb, TransferCounters counters, bool quiet, bool json)
    {
        var time = surroundings.Time.GetElapsedTime(_began);
        long failed = Interlocked.Read(ref _failed), skipped = Interlocked.Read(ref _skipped);
        await TellWaitingAsync().ConfigureAwait(false);
        if (_lines > LinesMax)
        {
            await surroundings.Error.WriteLineAsync($"{command}: … and {_lines - LinesMax} more lines like these").ConfigureAwait(false);
        }

        if (json)
        {
            var facts = new TransferFacts(
                counters.FilesDone, counters.Directories, counters.BytesDone, Math.Round(time.TotalSeconds, 3), failed, skipped);
            await surroundings.Out.WriteLineAsync(JsonOutput.Of(facts)).ConfigureAwait(false);
        }
        else if (!quiet)
        {
            string line =
                $"{verb} {Quantities.Count(counters.FilesDone, "file")}, {Quantities.Bytes(counters.BytesDone)} in {Quantities.Time(time)} "
                + $"({Quantities.Rate(counters.BytesDone, time)})";
            line += failed == 0 ? "" : $", {failed} failed";
            line += skipped == 0 ? "" : $", {skipped} skipped";
            await surroundings.Error.WriteLineAsync(line).ConfigureAwait(false);
        }

        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Tells what waited for the end of the bar.</summary>
    public async Task TellWaitingAsync()
    {
        while (_waiting.TryDequeue(out string? line))
        {
            await surroundings.Error.WriteLineAsync(line).ConfigureAwait(false);
        }
    }

    private void Tell(string text)
    {
        if (Interlocked.Increment(ref _lines) > LinesMax)
        {
            return;
        }

        string line = $"{command}: {text}";
        if (surroundings.ErrorIsTerminal)
        {
            _waiting.Enqueue(line);
        }
        else
        {
            surroundings.Error.WriteLine(line);
        }
    }
}
