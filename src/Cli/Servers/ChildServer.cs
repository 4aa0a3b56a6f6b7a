using System.Collections.Concurrent;
using System.Diagnostics;
using DfsNet.Cli.Options;

namespace DfsNet.Cli.Servers;

/// <summary>A server in a process of its own, so that killing it is a real kill -9. It ends with this process, however that ends.</summary>
internal sealed class ChildServer : IAsyncDisposable
{
    private const string ListeningMark = ": listening on ";

    // Enough to see why a server did not start.
    private const int LinesKept = 20;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private ChildServer(string name, Process process)
    {
        Name = name;
        _process = process;
        _reading = Task.WhenAll(ReadOutputAsync(), ReadErrorsAsync());
    }

    public string Name { get; }

    /// <summary>host:port it listens on; empty before it said so.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Starts "dfs" with these arguments and waits until it listens.</summary>
    public static async Task<ChildServer> StartAsync(string name, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var start = Self();
        foreach (string argument in arguments.Append(ChildOption.Name))
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new CommandFailure($"{name} did not start");
        var server = new ChildServer(name, process);
        bool listening = false;
        try
        {
            server.Address = await server._address.Task.WaitAsync(cancellation).ConfigureAwait(false);
            listening = true;
            return server;
        }
        finally
        {
            if (!listening)
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Processor time used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Most memory it ever had resident, in bytes.</summary>
    public long PeakResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>kill -9: the process has no chance to finish anything.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _process.Dispose();
    }

    private static ProcessStartInfo Self()
    {
        // Either our own native starter, or "dotnet dfs.dll".
        string? own = Environment.ProcessPath;
        bool native = Path.GetFileNameWithoutExtension(own) == "dfs";
        var start = new ProcessStartInfo(native ? own! : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (!native)
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "dfs.dll"));
        }

        start.Environment.Remove("DFS_META");
        return start;
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            int mark = line.IndexOf(ListeningMark, StringComparison.Ordinal);
            if (mark >= 0)
            {
                _address.TrySetResult(line[(mark + ListeningMark.Length)..]);
            }
        }

        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        _address.TrySetException(new CommandFailure($"{Name} ended with exit code {_process.ExitCode}: {string.Join(" / ", _lines)}"));
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesKept)
            {
                _lines.TryDequeue(out _);
            }
        }
    }
}
