using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using HubSpotMessaging.Testing.Processes;

namespace HubSpotMessaging.Testing;

/// <summary>A collector of OpenTelemetry's protocol (HTTP with protobuf), which keeps the spans that it is sent.</summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();
    private readonly ConcurrentQueue<string> _bodies = new();
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    private OtlpCollector(Uri address)
    {
        Address = address;
        _listener.Prefixes.Add(address.AbsoluteUri);
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address { get; }

    public IReadOnlyList<OtlpSpan> Spans => [.. _spans];

    /// <summary>All that came, as far as it is text.</summary>
    public string Text => string.Concat(_bodies);

    public static OtlpCollector Start() => new(new($"http://127.0.0.1:{FreePorts.Next().ToString(CultureInfo.InvariantCulture)}/"));

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext call;
            try
            {
                call = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return; // Closed.
            }

            using var body = new MemoryStream();
            await call.Request.InputStream.CopyToAsync(body);
            _bodies.Enqueue($"{call.Request.Url!.AbsolutePath}\n{Encoding.UTF8.GetString(body.ToArray())}\n");
            if (call.Request.Url.AbsolutePath == "/v1/traces")
                foreach (var span in OtlpSpan.Read(body.ToArray()))
                    _spans.Enqueue(span);
            call.Response.ContentType = "application/x-protobuf";
            call.Response.Close(); // An empty message: all were taken.
        }
    }
}

/// <summary>A span as it came over the wire.</summary>
/// <param name="Source">The name of its source.</param>
/// <param name="Name">Its name.</param>
/// <param name="TraceId">Its trace, in hexadecimal.</param>
/// <param name="SpanId">Its id, in hexadecimal.</param>
/// <param name="ParentId">Its parent's, or nothing.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="Links">The ids of the spans that it is linked to.</param>
public sealed record OtlpSpan(
    string Source, string Name, string TraceId, string SpanId, string ParentId, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Links)
{
    // The numbers are those of opentelemetry/proto/trace/v1/trace.proto.
    internal static IEnumerable<OtlpSpan> Read(byte[] request) =>
        from resource in Protobuf.Fields(request).Where(field => field.Number == 1)
        from scope in Protobuf.Fields(resource.Bytes).Where(field => field.Number == 2)
        let source = Protobuf.Fields(Protobuf.Fields(scope.Bytes).First(field => field.Number == 1).Bytes).First(field => field.Number == 1).Text
        from span in Protobuf.Fields(scope.Bytes).Where(field => field.Number == 2)
        select Of(source, [.. Protobuf.Fields(span.Bytes)]);

    private static OtlpSpan Of(string source, IReadOnlyList<Protobuf.Field> span) => new(
        source,
        span.First(field => field.Number == 5).Text,
        span.First(field => field.Number == 1).Hex,
        span.First(field => field.Number == 2).Hex,
        span.FirstOrDefault(field => field.Number == 4)?.Hex ?? "",
        span.Where(field => field.Number == 9).Select(field => Protobuf.Fields(field.Bytes).ToList()).ToDictionary(
            attribute => attribute[0].Text, attribute => Protobuf.Fields(attribute[1].Bytes).First().Value, StringComparer.Ordinal),
        [.. span.Where(field => field.Number == 13).Select(link => Protobuf.Fields(link.Bytes).First(field => field.Number == 2).Hex)]);

    /// <summary>As much of protobuf's wire format as spans need.</summary>
    private static class Protobuf
    {
        public static IEnumerable<Field> Fields(byte[] message)
        {
            for (var position = 0; position < message.Length;)
            {
                var tag = Number(message, ref position);
                var (number, type) = ((int)(tag >> 3), (int)(tag & 7));
                if (type == 0)
                {
                    yield return new(number, [], Number(message, ref position));
                    continue;
                }

                var length = type switch { 1 => 8, 5 => 4, _ => (int)Number(message, ref position) };
                yield return new(number, message[position..(position += length)], null);
            }
        }

        private static ulong Number(byte[] message, ref int position)
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var part = message[position++];
                value |= (ulong)(part & 0x7f) << shift;
                if (part < 0x80)
                    return value;
            }
        }

        public sealed record Field(int Number, byte[] Bytes, ulong? Integer)
        {
            public string Text => Encoding.UTF8.GetString(Bytes);

            public string Hex => Convert.ToHexStringLower(Bytes);

            /// <summary>The value of an attribute: a text or a whole number.</summary>
            public string Value => Integer?.ToString(CultureInfo.InvariantCulture) ?? Text;
        }
    }
}
