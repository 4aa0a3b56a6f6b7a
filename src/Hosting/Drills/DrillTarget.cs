using DfsNet.Protocol.Wire;
using DfsNet.Storage.Disk;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DfsNet.Hosting.Drills;

/// <summary>
/// A server that allows drills: puts the service that strikes it behind its listener. One that does not has no such service.
/// </summary>
internal sealed partial class DrillTarget
{
    private readonly DrillService _service;

    public DrillTarget(IEnumerable<DisturbedDisk> disks, Random random, ILoggerFactory logs)
    {
        var log = logs.CreateLogger<DrillTarget>();
        Allowed(log);
        _service = new DrillService([.. disks], (ulong)random.NextInt64(), log);
    }

    public static IServiceCollection Add(DrillTarget? target, IServiceCollection services) =>
        target is null ? services : services.AddSingleton<Drill.DrillBase>(target._service);

    public static void Map(DrillTarget? target, IEndpointRouteBuilder endpoints)
    {
        if (target is not null)
        {
            endpoints.MapGrpcService<Drill.DrillBase>();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Drills are allowed: whoever reaches the port of this server may kill it")]
    private static partial void Allowed(ILogger log);
}
