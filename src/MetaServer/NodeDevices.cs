using DfsNet.MetaServer.Backups;
using DfsNet.MetaServer.Store;
using DfsNet.Protocol.Connections;
using DfsNet.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace DfsNet.MetaServer;

/// <summary>What a metadata server runs on: its disk and stores, the shelf of its backups, the network, time, randomness, logs.</summary>
internal sealed record NodeDevices(
    IDisk Disk,
    IStateStores Stores,
    OpenBackupShelf? Shelf,
    IConnections Connections,
    TimeProvider Time,
    Random Random,
    ILoggerFactory Logs);
