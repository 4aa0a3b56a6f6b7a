using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using DfsNet.Protocol.Wire;

namespace DfsNet.Client.Tests;

/// <summary>When nothing answers, calls end in time with a typed error.</summary>
public sealed class ClusterDownTests
{
    [Fact]
    public async Task Connecting_to_nobody_ends_within_its_timeout()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        await EndsInTimeAsync($"127.0.0.1:{port}");
    }

    [Fact]
    public async Task Connecting_to_a_server_that_never_answers_ends_within_its_timeout()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await EndsInTimeAsync($"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_by_name()
    {
        var options = new DfsClientOptions { MetadataAddresses = ["nowhere"] };
        var error = await Assert.ThrowsAsync<System.ComponentModel.DataAnnotations.ValidationException>(
            () => DfsClient.ConnectAsync(options));
        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    private static async Task EndsInTimeAsync(string address)
    {
        var options = new DfsClientOptions { MetadataAddresses = [address], ConnectTimeout = TimeSpan.FromSeconds(1) };
        long start = Stopwatch.GetTimestamp();
        var error = await Assert.ThrowsAsync<DfsException>(() => DfsClient.ConnectAsync(options));
        Assert.Contains(error.Code, new[] { ErrorCode.TimedOut, ErrorCode.Unavailable });

        // A hang is what this looks for; the bound of 1.2 s is measured by hand on a quiet machine.
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        TestContext.Current.TestOutputHelper?.WriteLine($"{Stopwatch.GetElapsedTime(start)} {error.Code}: {error.Message}");
    }
}
