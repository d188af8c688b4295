using System.Threading.Channels;
using HubSpotMessaging.Service.Bus;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HubSpotMessaging.Service.DeadLetters;

/// <summary>
/// The dead letters in the hands of this replica, delivered and not acknowledged: when the channel ends, for whatever reason, they are all
/// in their queues again, in their order. They are written to the index as they come; their contents are not kept in memory.
/// </summary>
internal sealed class HeldLetters : IAsyncDisposable
{
    /// <summary>
    /// How many a consumer is given. There is no acknowledging to pace it, and the client takes whatever comes into memory: so one consumer
    /// after the other is added, each when what the one before has brought is in the index.
    /// </summary>
    private const ushort PerConsumer = 10_000;

    /// <summary>Consumers give back what they hold in the order of their tags, which the broker keeps for as many as this.</summary>
    private const int MostConsumers = 30;

    /// <summary>Written to the index at once.</summary>
    private const int Batch = 100;

    /// <summary>After this long without another one, and with nothing left in the queues, all have come.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private readonly Channel<(ulong Tag, DeadLetter Letter, DeadLetterContent Content)> _arrivals =
        Channel.CreateBounded<(ulong, DeadLetter, DeadLetterContent)>(new BoundedChannelOptions(Batch * 2) { SingleReader = true });

    /// <summary>Held by whoever changes the index by what is held here.</summary>
    private readonly SemaphoreSlim _writing = new(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<DeadLetterId, ulong> _tags = [];
    private readonly Dictionary<string, ErrorQueue> _queues = CommandQueues.All.ToDictionary(queue => queue, queue => new ErrorQueue(queue), StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private readonly DeadLetterIndex _index;
    private readonly TimeProvider _time;
    private readonly Acknowledgements _acknowledgements;
    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly IChannel _publishing;
    private Task _indexing = Task.CompletedTask;
    private long _lastArrival;
    private long _arrived;
    private long _indexed;

    private HeldLetters(DeadLetterIndex index, TimeProvider time, IConnection connection, IChannel channel, IChannel publishing)
    {
        (_index, _time, _connection, _channel, _publishing) = (index, time, connection, channel, publishing);
        _lastArrival = time.GetTimestamp();
        _acknowledgements = new(time);
        foreach (var each in (IChannel[])[channel, publishing])
            each.ChannelShutdownAsync += OnShutdownAsync;
    }

    /// <summary>Cancelled when the broker has taken back what is held.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Whether all dead letters have come that were there.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether nobody else consumes an <c>_error</c> queue, so that what is not here is nowhere.</summary>
    public bool IsAlone { get; private set; }

    /// <summary>The queues with how many commands wait in each, and how many of its dead letters are held.</summary>
    public IEnumerable<(string Name, uint Waiting, int DeadLetters)> Depths => _queues.Values.Select(queue => (queue.Name, queue.Waiting, queue.Held));

    /// <exception cref="RabbitMQ.Client.Exceptions.RabbitMQClientException">The broker cannot be reached, or refuses.</exception>
    public static async Task<HeldLetters> OpenAsync(Uri broker, DeadLetterIndex index, TimeProvider time, CancellationToken cancellationToken)
    {
        // Without recovery: what is delivered anew has other tags, so that everything begins anew.
        var factory = BrokerAddress.NewFactory(broker);
        factory.RequestedHeartbeat = TimeSpan.FromSeconds(10);
        var connection = await factory.CreateConnectionAsync("HubSpotMessaging dead letters", cancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            await channel.BasicQosAsync(0, PerConsumer, global: false, cancellationToken);
            var publishing = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
            await index.LearnGroupsAsync();
            var held = new HeldLetters(index, time, connection, channel, publishing);
            held._indexing = held.IndexAsync();
            return held;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes what has come since, and looks how the queues stand.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.RabbitMQClientException">The broker has gone.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (_indexing.IsFaulted)
            await _indexing;

        var (isEmpty, isAlone) = (true, true);
        foreach (var queue in _queues.Values)
        {
            // Over the channel of the deliveries, which come before an answer that counts them as delivered.
            queue.Waiting = (await _channel.QueueDeclarePassiveAsync(queue.Name, cancellationToken)).MessageCount;
            var dead = await _channel.QueueDeclarePassiveAsync(CommandQueues.DeadLetters(queue.Name), cancellationToken);
            isAlone &= dead.ConsumerCount <= queue.Consumers;
            isEmpty &= dead.MessageCount == 0;
            if (IsIndexed && queue.Held >= queue.Consumers * PerConsumer && queue.Consumers < MostConsumers)
            {
                isEmpty = false;
                await ConsumeAsync(queue, cancellationToken);
            }
        }

        IsAlone = isAlone;
        IsComplete |= isEmpty && IsIndexed && _time.GetElapsedTime(Interlocked.Read(ref _lastArrival)) > Quiet;
    }

    /// <summary>Takes out of the index what is not here, and so nowhere: a crash came between the acknowledgement and that. How many.</summary>
    /// <exception cref="StackExchange.Redis.RedisException">Redis cannot be reached.</exception>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        await foreach (var ids in _index.IdsAsync().Chunk(Batch).WithCancellation(cancellationToken))
        {
            await _writing.WaitAsync(cancellationToken); // What comes while it is being removed is added again.
            try
            {
                removed += await _index.RemoveAsync([.. ids.Where(id => !Holds(id))]);
            }
            finally
            {
                _writing.Release();
            }
        }

        return removed;
    }

    public bool Holds(DeadLetterId id)
    {
        lock (_gate)
            return _tags.ContainsKey(id);
    }

    /// <summary>Sends a message to a queue. When this returns, the broker has it.</summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.PublishException">It has not, because there is no such queue, or it takes nothing.</exception>
    public ValueTask SendAsync(string queue, BasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        _publishing.BasicPublishAsync("", queue, mandatory: true, properties, body, cancellationToken);

    /// <summary>Takes one out of its queue for good. False when it is not here.</summary>
    public async Task<bool> AcknowledgeAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        ulong tag;
        lock (_gate)
        {
            if (!_tags.Remove(letter.Id, out tag))
                return false;
            _queues[letter.Queue].Held--;
        }

        _acknowledgements.Note(); // Also if it is cancelled: it may be on its way.
        await _channel.BasicAckAsync(tag, multiple: false, cancellationToken);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _arrivals.Writer.TryComplete();
        if (_channel.IsOpen)
            await _acknowledgements.TakenAsync();
        await _channel.DisposeAsync();
        await _publishing.DisposeAsync();
        await _connection.DisposeAsync();
        await _indexing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writing.Dispose();
    }

    private bool IsIndexed => Interlocked.Read(ref _arrived) == Interlocked.Read(ref _indexed);

    private async Task ConsumeAsync(ErrorQueue queue, CancellationToken cancellationToken)
    {
        var consumer = new AsyncEventingBasicConsumer(_channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            Interlocked.Increment(ref _arrived);
            Interlocked.Exchange(ref _lastArrival, _time.GetTimestamp());
            var content = DeadLetterContent.Of(delivery.BasicProperties, delivery.Body);
            try
            {
                await _arrivals.Writer.WriteAsync((delivery.DeliveryTag, DeadLetterParser.Parse(queue.Name, content), content), CancellationToken.None);
            }
            catch (ChannelClosedException)
            {
                // Ending.
            }
        };
        consumer.UnregisteredAsync += (_, _) => _ended.CancelAsync(); // Somebody has deleted the queue.

        queue.Consumers++;
        await _channel.BasicConsumeAsync(
            CommandQueues.DeadLetters(queue.Name), autoAck: false, $"dead-letters-{queue.Consumers:00}-{queue.Name}", noLocal: false, exclusive: false,
            arguments: null, consumer, cancellationToken);
    }

    private async Task IndexAsync()
    {
        var batch = new List<(ulong Tag, DeadLetter Letter, DeadLetterContent Content)>(Batch);
        while (await _arrivals.Reader.WaitToReadAsync())
        {
            while (batch.Count < Batch && _arrivals.Reader.TryRead(out var arrival))
                batch.Add(arrival with { Letter = arrival.Letter with { Id = Distinct(arrival.Letter.Id, batch) } });

            await _writing.WaitAsync();
            try
            {
                Hold(batch);
                await _index.AddAsync([.. batch.Select(arrival => (arrival.Letter, arrival.Content))]);
            }
            finally
            {
                _writing.Release();
            }

            Interlocked.Add(ref _indexed, batch.Count);
            batch.Clear();
        }
    }

    private void Hold(List<(ulong Tag, DeadLetter Letter, DeadLetterContent Content)> batch)
    {
        lock (_gate)
        {
            foreach (var (tag, letter, _) in batch)
            {
                _tags[letter.Id] = tag;
                _queues[letter.Queue].Held++;
            }
        }
    }

    /// <summary>Two may be the same in everything.</summary>
    private DeadLetterId Distinct(DeadLetterId id, List<(ulong Tag, DeadLetter Letter, DeadLetterContent Content)> batch)
    {
        while (Holds(id) || batch.Exists(other => other.Letter.Id == id))
            id = id with { Copy = id.Copy + 1 };
        return id;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs shutdown) => _ended.CancelAsync();

    private sealed class ErrorQueue(string name)
    {
        public string Name { get; } = name;

        public int Consumers { get; set; }

        public int Held { get; set; }

        public uint Waiting { get; set; }
    }
}
