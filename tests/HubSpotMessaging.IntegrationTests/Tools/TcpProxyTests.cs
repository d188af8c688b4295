using System.Net;
using System.Net.Sockets;
using System.Text;
using HubSpotMessaging.Testing;

namespace HubSpotMessaging.IntegrationTests.Tools;

/// <summary>The proxy before a server that answers every byte with the same byte.</summary>
public sealed class TcpProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan AWhile = TimeSpan.FromMilliseconds(100);

    private readonly EchoServer _server = EchoServer.Start();
    private readonly TcpProxy _proxy;

    public TcpProxyTests() => _proxy = TcpProxy.Start("127.0.0.1", _server.Port);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Bytes_go_to_the_server_and_back()
    {
        using var client = await DialAsync();

        await SendAsync(client, "hello");

        (await ReadAsync(client, 5)).ShouldBe("hello");
    }

    [Fact]
    public async Task A_delay_is_met_in_either_direction()
    {
        using var client = await DialAsync();
        _proxy.Delay = AWhile;
        var started = TimeProvider.System.GetTimestamp();

        await SendAsync(client, "hello");

        (await ReadAsync(client, 5)).ShouldBe("hello");
        TimeProvider.System.GetElapsedTime(started).ShouldBeGreaterThan(1.9 * AWhile); // A timer may be early by a little.
    }

    [Fact]
    public async Task What_is_stalled_flows_on_in_order_and_complete()
    {
        using var client = await DialAsync();
        await SendAsync(client, "before ");
        (await ReadAsync(client, 7)).ShouldBe("before ");

        _proxy.Stall();
        await SendAsync(client, "one ");
        await SendAsync(client, "two");
        await ShouldHearNothingAsync(client);
        _proxy.Resume();

        (await ReadAsync(client, 7)).ShouldBe("one two");
    }

    [Fact]
    public async Task A_stalled_request_does_not_reach_the_server()
    {
        using var client = await DialAsync();
        _proxy.StallRequests();

        await SendAsync(client, "hello");
        await ShouldHearNothingAsync(client);
        _server.Received.ShouldBe(0);

        _proxy.Resume();
        (await ReadAsync(client, 5)).ShouldBe("hello");
    }

    [Fact]
    public async Task Requests_are_stalled_from_a_mark_on()
    {
        using var client = await DialAsync();
        var reached = _proxy.StallRequestsAtAsync("mark"u8.ToArray());

        await SendAsync(client, "before");
        (await ReadAsync(client, 6)).ShouldBe("before");
        reached.IsCompleted.ShouldBeFalse();
        await SendAsync(client, "the mark");
        await reached.WaitAsync(Cancelled);
        await ShouldHearNothingAsync(client);
        _server.Received.ShouldBe(6);

        _proxy.Resume();
        (await ReadAsync(client, 8)).ShouldBe("the mark");
        await SendAsync(client, "a mark"); // Another one does nothing.
        (await ReadAsync(client, 6)).ShouldBe("a mark");
    }

    [Fact]
    public async Task Replies_are_stalled_from_a_mark_on()
    {
        using var client = await DialAsync();
        var reached = _proxy.StallRepliesAtAsync("mark"u8.ToArray());

        await SendAsync(client, "the mark");
        await reached.WaitAsync(Cancelled);
        await ShouldHearNothingAsync(client);
        _server.Received.ShouldBe(8);
    }

    [Fact]
    public async Task With_stalled_replies_the_server_gets_the_request()
    {
        using var client = await DialAsync();
        _proxy.StallReplies();

        await SendAsync(client, "hello");
        await _server.WhenReceivedAsync(5, Cancelled);
        await ShouldHearNothingAsync(client);

        _proxy.Resume();
        (await ReadAsync(client, 5)).ShouldBe("hello");
    }

    [Fact]
    public async Task While_stalled_a_new_connection_is_accepted_and_sees_nothing()
    {
        _proxy.Stall();

        using var client = await DialAsync();
        await SendAsync(client, "hello");
        await ShouldHearNothingAsync(client);

        _proxy.Resume();
        (await ReadAsync(client, 5)).ShouldBe("hello");
    }

    [Fact]
    public async Task A_stalled_client_does_not_see_that_the_server_hung_up()
    {
        using var client = await DialAsync();
        await SendAsync(client, "hello");
        (await ReadAsync(client, 5)).ShouldBe("hello");
        _proxy.StallReplies();

        _server.HangUp();
        var end = ReadAsync(client, 1);
        await Task.WhenAny(end, Task.Delay(AWhile, TimeProvider.System, Cancelled));
        end.IsCompleted.ShouldBeFalse();

        _proxy.Resume();
        await Should.ThrowAsync<IOException>(() => end);
    }

    [Fact]
    public async Task A_cut_drops_connections_and_refuses_new_ones_until_it_is_mended()
    {
        using var first = await DialAsync();
        await SendAsync(first, "hello");
        (await ReadAsync(first, 5)).ShouldBe("hello");

        _proxy.Cut();
        await Should.ThrowAsync<IOException>(() => ReadAsync(first, 1));
        await Should.ThrowAsync<SocketException>(DialAsync);
        _proxy.Cut();
        await Should.ThrowAsync<SocketException>(DialAsync);

        _proxy.Mend();
        _proxy.Mend();
        using var second = await DialAsync();
        await SendAsync(second, "again");
        (await ReadAsync(second, 5)).ShouldBe("again");
    }

    [Fact]
    public async Task A_cut_drops_what_is_stalled()
    {
        using var client = await DialAsync();
        _proxy.StallRequests();
        await SendAsync(client, "hello");

        _proxy.Cut();
        _proxy.Resume();

        await Should.ThrowAsync<IOException>(() => ReadAsync(client, 1));
        _server.Received.ShouldBe(0);
    }

    [Fact]
    public async Task The_end_of_a_request_is_passed_on_while_the_answer_still_flows()
    {
        using var client = await DialAsync();
        _proxy.StallReplies();
        await SendAsync(client, "hello");
        var stream = client.GetStream(); // A client that has said its last word gives none any more.
        client.Client.Shutdown(SocketShutdown.Send);
        await _server.WhenReceivedAsync(5, Cancelled);
        _proxy.Resume();

        var answer = new byte[6];
        (await stream.ReadAtLeastAsync(answer, 6, throwOnEndOfStream: false, Cancelled)).ShouldBe(5);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_by_hanging_up()
    {
        _server.Dispose();

        var told = await Record.ExceptionAsync(async () =>
        {
            using var client = await DialAsync();
            await ReadAsync(client, 1);
        });

        (told is IOException or SocketException).ShouldBeTrue($"{told}"); // The latter when it hangs up before the client has seen it answer.
    }

    [Fact]
    public async Task Nothing_is_lost_or_mixed_up_under_load_whatever_is_stalled_meanwhile()
    {
        var talks = Enumerable.Range(0, 20).Select(TalkAsync).ToList();

        while (!talks.TrueForAll(talk => talk.IsCompleted))
        {
            foreach (var stall in (Action[])[_proxy.Stall, _proxy.StallRequests, _proxy.StallReplies])
            {
                stall();
                await Task.Yield();
                _proxy.Resume();
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancelled);
            }
        }

        await Task.WhenAll(talks);

        async Task TalkAsync(int seed)
        {
            var sent = new byte[1_000_000];
            new Random(seed).NextBytes(sent);
            using var client = await DialAsync();
            var writing = client.GetStream().WriteAsync(sent, Cancelled).AsTask();
            var received = new byte[sent.Length];
            await client.GetStream().ReadExactlyAsync(received, Cancelled);
            await writing;
            received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        }
    }

    private async Task<TcpClient> DialAsync()
    {
        var client = new TcpClient(AddressFamily.InterNetwork) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port, Cancelled);
        return client;
    }

    private static async Task SendAsync(TcpClient client, string text) =>
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Cancelled);

    private static async Task<string> ReadAsync(TcpClient client, int length)
    {
        var bytes = new byte[length];
        await client.GetStream().ReadExactlyAsync(bytes, Cancelled);
        return Encoding.ASCII.GetString(bytes);
    }

    private static async Task ShouldHearNothingAsync(TcpClient client)
    {
        await Task.Delay(AWhile, TimeProvider.System, Cancelled);
        client.Available.ShouldBe(0);
        client.Connected.ShouldBeTrue();
    }
}
