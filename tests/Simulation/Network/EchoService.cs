using DfsNet.Protocol.Bulk;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DfsNet.Simulation.Network;

/// <summary>A service with one method of each kind, for the tests of the network.</summary>
internal sealed class EchoService
{
    private static readonly Marshaller<StringValue> Text = BulkMarshaller.Plain(StringValue.Parser);

    public static readonly Method<StringValue, StringValue> Say = new(MethodType.Unary, "test.Echo", "Say", Text, Text);

    public static readonly Method<StringValue, StringValue> Repeat = new(MethodType.ServerStreaming, "test.Echo", "Repeat", Text, Text);

    public static readonly Method<StringValue, StringValue> Join = new(MethodType.ClientStreaming, "test.Echo", "Join", Text, Text);

    public static readonly Method<StringValue, StringValue> Talk = new(MethodType.DuplexStreaming, "test.Echo", "Talk", Text, Text);

    /// <summary>What the handlers heard, in order.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>What stopped handlers, in order.</summary>
    public List<Exception> Failures { get; } = [];

    /// <summary>Set to let handlers of Say and Talk wait for it before they do anything.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public void Bind(ServiceBinderBase binder)
    {
        binder.AddMethod(Say, SayAsync);
        binder.AddMethod(Repeat, RepeatAsync);
        binder.AddMethod(Join, JoinAsync);
        binder.AddMethod(Talk, TalkAsync);
    }

    private async Task<StringValue> SayAsync(StringValue request, ServerCallContext context)
    {
        Heard.Add(request.Value);
        await WaitAsync(context);
        return request.Value == "fail"
            ? throw new RpcException(new Status(StatusCode.NotFound, "as you wish"), [new Metadata.Entry("why", "asked")])
            : new StringValue { Value = request.Value + "!" };
    }

    /// <summary>"text×n": the text n times.</summary>
    private async Task RepeatAsync(StringValue request, IServerStreamWriter<StringValue> answers, ServerCallContext context)
    {
        string[] parts = request.Value.Split('×');
        for (int number = 0; number < int.Parse(parts[1], null); number++)
        {
            Heard.Add($"{number}");
            await GuardAsync(() => answers.WriteAsync(new StringValue { Value = parts[0] }, context.CancellationToken));
        }
    }

    private async Task<StringValue> JoinAsync(IAsyncStreamReader<StringValue> requests, ServerCallContext context)
    {
        var texts = new List<string>();
        while (await requests.MoveNext(context.CancellationToken))
        {
            texts.Add(requests.Current.Value);
        }

        return new StringValue { Value = string.Join(' ', texts) };
    }

    private Task TalkAsync(
        IAsyncStreamReader<StringValue> requests, IServerStreamWriter<StringValue> answers, ServerCallContext context) =>
        GuardAsync(async () =>
        {
            await WaitAsync(context);
            while (await requests.MoveNext(CancellationToken.None))
            {
                Heard.Add(requests.Current.Value);
                await answers.WriteAsync(new StringValue { Value = requests.Current.Value + "!" });
            }
        });

    private Task WaitAsync(ServerCallContext context) => GuardAsync(() => Gate.WaitAsync(context.CancellationToken));

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error)
        {
            Failures.Add(error);
            throw;
        }
    }
}
