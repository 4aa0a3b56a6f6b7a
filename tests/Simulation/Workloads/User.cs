using DfsNet.Client;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Checkers.Recording;
using DfsNet.Simulation.Nodes;
using DfsNet.Simulation.Observation;
using DfsNet.Simulation.Time;

namespace DfsNet.Simulation.Workloads;

/// <summary>
/// A program that uses the SDK on one machine. It survives the death of its process: what it had begun has no known outcome.
/// </summary>
internal sealed class User(World world, ClientMachine machine)
{
    // Far beyond every bound: a call that takes this long hangs.
    private const int HangFactor = 12;

    // A deadline ends everything at its moment; what still has to be said then takes a few messages within the process.
    private const double DeadlineSlack = 0.2;
    private static readonly TimeSpan InsistPause = TimeSpan.FromMilliseconds(200);

    public ClientMachine Machine => machine;

    public string Name => machine.Name;

    /// <summary>Whether the process that opened this stream lives.</summary>
    public bool Has(OpenStream opened) => machine.Present == opened.Client;

    /// <summary>
    /// Makes one call of the SDK, as soon as the process is connected. Anything but a typed error is a violation, and so is a call that
    /// does not end in time.
    /// </summary>
    /// <param name="what">For people.</param>
    /// <param name="call">The call.</param>
    /// <param name="deadlines">How many deadlines the call has one after the other, each as long as the client's call time-out; 0 when
    /// each bit of progress begins a new one.</param>
    public Task<Outcome<T>> CallAsync<T>(string what, Func<DfsClient, Task<T>> call, int deadlines = 0) =>
        CallAsync(what, null, call, deadlines);

    /// <summary>The same for calls without a value.</summary>
    public Task<Outcome<bool>> CallAsync(string what, Func<DfsClient, Task> call, int deadlines = 0) =>
        CallAsync(what, null, client => WithValueAsync(call(client)), deadlines);

    /// <summary>Opens a stream.</summary>
    public Task<Outcome<OpenStream>> OpenAsync(string what, Func<DfsClient, Task<DfsFileStream>> open, int deadlines = 0) =>
        CallAsync(what, async client => new OpenStream(client, await open(client).ConfigureAwait(false)), deadlines);

    /// <summary>A call of an open stream; it is not sent when the stream's process is gone.</summary>
    public Task<Outcome<T>> CallAsync<T>(string what, OpenStream opened, Func<DfsFileStream, Task<T>> call, int deadlines = 0) =>
        CallAsync(what, opened.Client, _ => call(opened.Stream), deadlines);

    /// <summary>The same for calls without a value.</summary>
    public Task<Outcome<bool>> CallAsync(string what, OpenStream opened, Func<DfsFileStream, Task> call, int deadlines = 0) =>
        CallAsync(what, opened.Client, _ => WithValueAsync(call(opened.Stream)), deadlines);

    /// <summary>Closes a stream without writing anything more; whatever comes of it.</summary>
    public Task DropAsync(OpenStream opened) => CallAsync("drop a stream", opened, async stream =>
    {
        stream.Abandon();
        await stream.DisposeAsync().ConfigureAwait(false);
    });

    /// <summary>Repeats a call that must succeed now that everything is healed; after the limit it is a violation.</summary>
    public async Task<Outcome<T>> InsistAsync<T>(string what, Func<DfsClient, Task<T>> call, Func<DfsException, bool>? isAnswer = null)
    {
        long end = world.Scheduler.Now + world.Shape.LivenessLimit.Ticks;
        while (true)
        {
            var outcome = await CallAsync(what, call).ConfigureAwait(false);
            if (outcome.IsSuccess || (outcome.Error is { } error && isAnswer?.Invoke(error) == true))
            {
                return outcome;
            }

            if (world.Scheduler.Now > end)
            {
                string ending = outcome.Error?.ToString() ?? "nothing";
                world.Violate("after healing every call succeeds", $"{what} of {Name} still ends with {ending}");
                return outcome;
            }

            await world.Scheduler.DelayAsync(InsistPause).ConfigureAwait(false);
        }
    }

    /// <summary>The same for calls without a value.</summary>
    public Task<Outcome<bool>> InsistAsync(string what, Func<DfsClient, Task> call) =>
        InsistAsync(what, client => WithValueAsync(call(client)));

    private static async Task<bool> WithValueAsync(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }

    private async Task<Outcome<T>> CallAsync<T>(string what, DfsClient? opener, Func<DfsClient, Task<T>> call, int deadlines)
    {
        var client = await ConnectedAsync().ConfigureAwait(false);
        if (client is null || (opener is not null && client != opener))
        {
            return Outcome<T>.NotSent;
        }

        var died = machine.Died;
        long began = world.Scheduler.Now;
        Note("begins", what);
        var running = WithinProcessAsync(machine.Life!, () => call(client));
        var limit = world.Scheduler.DelayAsync(world.Shape.ClientOptions.CallTimeout * HangFactor);
        var first = await Task.WhenAny(running, died, limit).ConfigureAwait(false);
        world.Scheduler.Trace.Add(world.Scheduler.Now - began);
        if (first == died)
        {
            Note("died in", what);
            return Outcome<T>.Died;
        }

        if (first == limit)
        {
            var taken = new TimeSpan(world.Scheduler.Now - began);
            world.Violate("no call outlives its deadline", $"{what} of {Name} has not ended after {taken}");
            return Outcome<T>.Died;
        }

        CheckDeadline(what, began, deadlines);
        var outcome = await OutcomeOfAsync(what, running).ConfigureAwait(false);
        Note(outcome.Error is { } failure ? $"got {failure.Code} ({failure.Message}) from" : "has done", what);
        if (outcome.Error is { } error && !Outcomes.IsAboutNames(error.Code) && !world.WasStruck && !world.Shape.IsScarce
            && machine.IsSteadySince(0))
        {
            world.Violate("without a fault every call is answered", $"{what} of {Name} ended with {error}");
        }

        return outcome;
    }

    private void Note(string doing, string what)
    {
        if (world.Scheduler.Trace.Listener is not null)
        {
            world.Scheduler.Trace.Note(world.Scheduler.Now, $"-- {Name} {doing}: {what}");
        }
    }

    /// <summary>Null: nobody answered for a long time.</summary>
    private async Task<DfsClient?> ConnectedAsync()
    {
        var connected = machine.Client;
        if (!connected.IsCompleted)
        {
            var limit = world.Scheduler.DelayAsync(world.Shape.ClientOptions.CallTimeout);
            await Task.WhenAny(connected, limit).ConfigureAwait(false);
        }

        return connected.IsCompletedSuccessfully && machine.IsUp ? await connected.ConfigureAwait(false) : null;
    }

    /// <summary>A process that stands still begins nothing before it goes on.</summary>
    private static Task<T> WithinProcessAsync<T>(Life life, Func<Task<T>> call)
    {
        var ended = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        life.Deliver(() => _ = RunAsync());
        return ended.Task;

        async Task RunAsync()
        {
            var running = BeginAsync();
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.SetFromTask(running);
        }

        async Task<T> BeginAsync() => await call().ConfigureAwait(false);
    }

    private void CheckDeadline(string what, long began, int deadlines)
    {
        var taken = new TimeSpan(world.Scheduler.Now - began);
        var bound = world.Shape.ClientOptions.CallTimeout * (deadlines + DeadlineSlack);
        if (deadlines > 0 && taken > bound && machine.IsSteadySince(began))
        {
            world.Violate("no call outlives its deadline", $"{what} of {Name} took {taken}, and may take {bound}");
        }
    }

    private async Task<Outcome<T>> OutcomeOfAsync<T>(string what, Task<T> ended)
    {
        try
        {
            var value = await ended.ConfigureAwait(false);
            world.Coverage.Count("operation succeeded");
            return Outcome<T>.Of(value);
        }
        catch (DfsException error)
        {
            world.Coverage.Count($"operation failed: {error.Code}");
            CallerRows.Count(world.Coverage, error.Code);
            if (error.Code == ErrorCode.DataLoss)
            {
                world.Violate("no acknowledged byte is lost", $"{what} of {Name} ended with {error.Message}");
            }

            if (error.Code == ErrorCode.Internal)
            {
                world.Violate("no call meets a defect", $"{what} of {Name} ended with {error}");
            }

            return Outcome<T>.Of(error);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            world.Violate("the SDK fails with typed errors", $"{what} of {Name} threw {error}");
            return Outcome<T>.Died;
        }
    }
}
