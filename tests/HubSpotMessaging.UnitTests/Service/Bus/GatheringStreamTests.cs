using System.Net;
using System.Net.Sockets;
using HubSpotMessaging.Service.Bus;
using RabbitMQ.Client;

namespace HubSpotMessaging.UnitTests.Service.Bus;

public sealed class GatheringStreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ITcpClient _client = GatheringStream.NewClient(AddressFamily.InterNetwork);
    private Socket _peer = null!;
    private NetworkStream _stream = null!;

    public async ValueTask InitializeAsync()
    {
        _listener.Start();
        await _client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndpoint).Port, TestContext.Current.CancellationToken);
        _peer = await _listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        _stream = _client.GetStream();
    }

    public async ValueTask DisposeAsync()
    {
        _peer.Dispose();
        _listener.Dispose();
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    [Fact]
    public async Task Everything_arrives_in_order_however_it_is_written()
    {
        var written = Enumerable.Range(0, 2_000).Select(number => Enumerable.Repeat((byte)number, 1 + (number * 37 % 500)).ToArray()).ToList();
        var received = ReceiveAsync(written.Sum(piece => piece.Length));
        foreach (var piece in written)
        {
            byte[] copy = [.. piece];
            await _stream.WriteAsync(copy, TestContext.Current.CancellationToken);
            Array.Clear(copy); // Whoever has written may use his memory again.
        }

        (await received).ShouldBe(written.SelectMany(piece => piece));
    }

    [Fact]
    public async Task What_is_larger_than_all_that_may_wait_arrives_too()
    {
        var large = new byte[3_000_000];
        Random.Shared.NextBytes(large);
        var received = ReceiveAsync(large.Length);
        await _stream.WriteAsync(large, TestContext.Current.CancellationToken);

        (await received).AsSpan().SequenceEqual(large).ShouldBeTrue();
    }

    [Fact]
    public async Task Closing_sends_what_waits()
    {
        var piece = new byte[100_000];
        for (var number = 0; number < 2; number++)
            await _stream.WriteAsync(piece, TestContext.Current.CancellationToken);
        var received = ReceiveAsync(2 * piece.Length);
        await _stream.DisposeAsync();
        await _stream.DisposeAsync();
        _client.Dispose();

        (await received).Length.ShouldBe(2 * piece.Length);
    }

    [Fact]
    public async Task Who_writes_waits_while_nobody_reads_and_goes_on_when_somebody_does()
    {
        const int pieces = 400;
        var piece = new byte[64 * 1024]; // In all more than any system keeps for a connection.
        var written = 0;
        var writing = Task.Run(async () =>
        {
            for (; written < pieces; written++)
                await _stream.WriteAsync(piece);
        });
        await Task.WhenAny(writing, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System));
        written.ShouldBeLessThan(pieces, "Nobody reads, and all was taken.");

        await ReceiveAsync(pieces * piece.Length);
        await writing.WaitAsync(Long);
    }

    [Fact]
    public async Task After_the_end_of_the_connection_writing_fails()
    {
        _peer.LingerState = new(true, 0); // A reset.
        _peer.Dispose();

        await Should.ThrowAsync<IOException>(async () =>
        {
            for (var end = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(end) < Long; await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System))
                await _stream.WriteAsync(new byte[1]);
        });
    }

    [Fact]
    public async Task Closing_ends_although_the_other_side_takes_nothing()
    {
        var piece = new byte[64 * 1024];
        using var enough = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            while (true)
                await _stream.WriteAsync(piece, enough.Token);
        });

        await _stream.DisposeAsync().AsTask().WaitAsync(Long);
    }

    [Fact]
    public void Nothing_is_written_past_what_waits()
    {
        Should.Throw<NotSupportedException>(() => _stream.Write([1]));
        Should.Throw<NotSupportedException>(() => _stream.Write([1], 0, 1));
    }

    private async Task<byte[]> ReceiveAsync(int count)
    {
        var received = new byte[count];
        for (var length = 0; length < count;)
        {
            var read = await _peer.ReceiveAsync(received.AsMemory(length)).AsTask().WaitAsync(Long);
            if (read == 0)
                return received[..length];
            length += read;
        }

        return received;
    }
}
