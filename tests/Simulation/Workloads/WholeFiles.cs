namespace DfsNet.Simulation.Workloads;

/// <summary>Files of all sizes, stored whole, read whole, replaced and deleted.</summary>
internal sealed class WholeFiles : IWorkload
{
    public string Name => "whole files";

    public int Operations => 200;

    public async Task OperateAsync(Desk desk, User user, Random random)
    {
        string path = $"{desk.Directory}/f{random.Next(10)}";
        byte[] content = new byte[random.Next(4) == 0 ? random.Next(300_000) : random.Next(5_000)];
        random.NextBytes(content);
        switch (random.Next(4))
        {
            case 0:
                await user.CallAsync("get", client => client.GetAsync(path, Stream.Null)).ConfigureAwait(false);
                break;
            default:
                await user.CallAsync("put", client => client.PutAsync(path, content, new Client.DfsPutOptions { Overwrite = true }))
                    .ConfigureAwait(false);
                break;
        }
    }

    public Task FinishAsync(Desk desk, User user) => Task.CompletedTask;

    public IEnumerable<string> Check(Desk desk) => [];
}
