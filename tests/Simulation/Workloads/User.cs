using DfsNet.Client;
using DfsNet.Protocol.Wire;
using DfsNet.Simulation.Nodes;

namespace DfsNet.Simulation.Workloads;

/// <summary>A program that uses the SDK on one machine. When its process dies, what it had begun has no known outcome.</summary>
internal sealed class User(World world, ClientMachine machine)
{
    // Far beyond every bound: a call that takes this long hangs.
    private const int HangFactor = 12;

    public ClientMachine Machine => machine;

    public string Name => machine.Name;

    /// <summary>
    /// Makes one call of the SDK, as soon as the process is connected. Anything but a typed error is a violation, and so is a call that
    /// does not end.
    /// </summary>
    public async Task<Outcome<T>> CallAsync<T>(string what, Func<DfsClient, Task<T>> call)
    {
        var client = await ConnectedAsync().ConfigureAwait(false);
        if (client is null)
        {
            return Outcome<T>.NotSent;
        }

        var died = machine.Died;
        long began = world.Scheduler.Now;
        var running = call(client);
        var limit = world.Scheduler.DelayAsync(world.Shape.ClientOptions.CallTimeout * HangFactor);
        var first = await Task.WhenAny(running, died, limit).ConfigureAwait(false);
        world.Scheduler.Trace.Add(world.Scheduler.Now - began);
        if (first == died)
        {
            return Outcome<T>.Died;
        }

        if (first == limit)
        {
            var lasted = new TimeSpan(world.Scheduler.Now - began);
            world.Violate("no call outlives its deadline", $"{what} of {Name} has not ended after {lasted}");
            return Outcome<T>.Died;
        }

        try
        {
            var value = await running.ConfigureAwait(false);
            world.Coverage.Count("operation succeeded");
            return Outcome<T>.Of(value);
        }
        catch (DfsException error)
        {
            world.Coverage.Count($"operation failed: {error.Code}");
            if (error.Code == ErrorCode.DataLoss)
            {
                world.Violate("no acknowledged byte is lost", $"{what} of {Name} ended with {error.Message}");
            }

            return Outcome<T>.Of(error);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            world.Violate("the SDK fails with typed errors", $"{what} of {Name} threw {error}");
            return Outcome<T>.Died;
        }
    }

    /// <summary>The same for calls without a value.</summary>
    public Task<Outcome<bool>> CallAsync(string what, Func<DfsClient, Task> call) => CallAsync(what, async client =>
    {
        await call(client).ConfigureAwait(false);
        return true;
    });

    /// <summary>Repeats a call that must succeed now that everything is healed; null after the limit, which is a violation.</summary>
    public async Task<Outcome<T>> InsistAsync<T>(string what, Func<DfsClient, Task<T>> call, Func<DfsException, bool>? isAnswer = null)
    {
        long limit = world.Scheduler.Now + world.Shape.LivenessLimit.Ticks;
        while (true)
        {
            var outcome = await CallAsync(what, call).ConfigureAwait(false);
            if (outcome.IsSuccess || (outcome.Error is { } error && isAnswer?.Invoke(error) == true))
            {
                return outcome;
            }

            if (world.Scheduler.Now > limit)
            {
                string end = outcome.Error?.ToString() ?? "nothing";
                world.Violate("after healing every call succeeds", $"{what} of {Name} still ends with {end}");
                return outcome;
            }

            await world.Scheduler.DelayAsync(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
        }
    }

    /// <summary>The same for calls without a value.</summary>
    public Task<Outcome<bool>> InsistAsync(string what, Func<DfsClient, Task> call) => InsistAsync(what, async client =>
    {
        await call(client).ConfigureAwait(false);
        return true;
    });

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
}
