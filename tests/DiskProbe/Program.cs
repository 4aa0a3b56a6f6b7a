using DfsNet.Storage.Disk;
using DfsNet.Storage.Journals;

namespace DfsNet.DiskProbe;

/// <summary>
/// A process for tests to run under strace: does disk operations one after the other and prints how each ended.
/// Arguments: a directory, then any of write, flush, allocate, directory, read, journal, lock.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        var disk = new LocalDisk(arguments[0]);
        var file = await disk.OpenAsync("data", FileOpening.CreateOrOpen);
        foreach (string operation in arguments[1..])
        {
            try
            {
                await RunAsync(disk, file, operation);
                Console.WriteLine($"{operation} ok");
            }
            catch (DiskException error)
            {
                Console.WriteLine($"{operation} {error.Failure}");
            }
        }

        Console.WriteLine(disk.Failed ? "disk failed" : "disk well");
        return 0;
    }

    private static async Task RunAsync(LocalDisk disk, IDiskFile file, string operation)
    {
        switch (operation)
        {
            case "write":
                await file.WriteAsync(0, Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray());
                break;
            case "flush":
                await file.FlushAsync();
                break;
            case "allocate":
                await file.AllocateAsync(100_000);
                break;
            case "directory":
                await disk.FlushDirectoryAsync("");
                break;
            case "read":
                byte[] read = new byte[1000];
                await file.ReadAsync(0, read);
                Console.WriteLine(Convert.ToHexString(read));
                break;
            case "lock":
                await disk.LockAsync("lock");
                break;
            case "journal":
                var options = new JournalOptions { SegmentBytes = 1024 * 1024 };
                await using (var journal = await Journal.OpenAsync(
                    disk, "journal", options, TimeProvider.System, _ => ValueTask.CompletedTask, CancellationToken.None))
                {
                    await journal.AppendAsync(new byte[100]);
                }

                break;
            default:
                throw new ArgumentException(operation);
        }
    }
}
