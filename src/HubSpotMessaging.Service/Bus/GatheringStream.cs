using System.IO.Pipelines;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace HubSpotMessaging.Service.Bus;

/// <summary>
/// Sends what is written while the process is busy in as few pieces as fit. RabbitMQ's client sends each command of its protocol by itself; under load,
/// with an event and an acknowledgement for each message, that keeps this process and the broker busy with the network instead.
/// </summary>
internal sealed class GatheringStream : NetworkStream
{
    /// <summary>While so many bytes wait the next who writes waits, too.</summary>
    private const int Enough = 256 * 1024;

    private const int Segment = 16 * 1024;

    /// <summary>How long closing waits for a broker that takes nothing any more.</summary>
    private static readonly TimeSpan ClosingMayTake = TimeSpan.FromSeconds(5);

    private readonly Pipe _gathered = new(new(minimumSegmentSize: Segment, pauseWriterThreshold: Enough, resumeWriterThreshold: Enough / 2));

    private readonly Task _sent;

    private GatheringStream(Socket socket)
        : base(socket) => _sent = SendAsync();

    /// <summary>For a <see cref="ConnectionFactory"/>.</summary>
    public static ITcpClient NewClient(AddressFamily family) =>
        new Client(new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await _gathered.Writer.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <exception cref="NotSupportedException">It would overtake what waits.</exception>
    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    /// <exception cref="NotSupportedException">It would overtake what waits.</exception>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Sends what waits, and closes.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _gathered.Writer.CompleteAsync();
        await _sent.WaitAsync(ClosingMayTake).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _gathered.Writer.Complete();
        base.Dispose(disposing);
    }

    private async Task SendAsync()
    {
        var reader = _gathered.Reader;
        try
        {
            ReadResult read;
            do
            {
                await Task.Yield(); // Whoever is ready may write first.
                read = await reader.ReadAsync();
                foreach (var part in read.Buffer)
                    await base.WriteAsync(part);
                reader.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
            await reader.CompleteAsync();
        }
#pragma warning disable CA1031 // The next who writes is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await reader.CompleteAsync(exception);
        }
    }

    private sealed class Client(Socket socket) : TcpClientAdapter(socket)
    {
        public override NetworkStream GetStream() => new GatheringStream(Client);
    }
}
