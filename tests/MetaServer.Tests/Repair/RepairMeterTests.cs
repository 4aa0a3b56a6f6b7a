using DfsNet.Devices.Time;
using DfsNet.MetaServer.Cluster;
using DfsNet.MetaServer.Repair;

namespace DfsNet.MetaServer.Tests.Repair;

/// <summary>How fast repair says that it is.</summary>
public sealed class RepairMeterTests
{
    private readonly TickCounter _ticks = new(new ManualTimeProvider(), TimeSpan.FromMilliseconds(100));

    [Fact]
    public void The_rate_is_that_of_the_time_in_which_copies_were_made()
    {
        var meter = new RepairMeter(_ticks);
        Assert.Equal(0, meter.BytesPerSecond());
        Pass(TimeSpan.FromMinutes(5));
        meter.Began();
        Pass(TimeSpan.FromSeconds(10));
        meter.Copied(5_000);
        meter.Copied(5_000);
        Assert.Equal(1_000, meter.BytesPerSecond(), 1);
        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(0, meter.BytesPerSecond());
        Assert.Equal((2, 10_000), (meter.Copies, meter.Bytes));
    }

    [Fact]
    public void A_copy_that_takes_longer_than_the_window_is_no_defect()
    {
        var meter = new RepairMeter(_ticks);
        meter.Began();
        Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(0, meter.BytesPerSecond());
        meter.Copied(30_000);
        Assert.InRange(meter.BytesPerSecond(), 1, 30_000);
    }

    private void Pass(TimeSpan span)
    {
        for (long tick = 0; tick < _ticks.Of(span); tick++)
        {
            _ticks.Advance();
        }
    }
}
