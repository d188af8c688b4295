using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace HubSpotMessaging.UnitTests.HubSpot.BadAnswers;

/// <summary>A good answer to which something has happened on the way.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its body.</param>
/// <param name="ContentType">Its content type; null for none.</param>
/// <param name="Headers">Further headers, whatever they are of.</param>
internal sealed record OddAnswer(int Status, byte[] Body, string? ContentType, IReadOnlyList<(string Name, string Value)> Headers)
{
    private static readonly int[] Statuses = [100, 101, 102, 199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 299, 300, 301, 304, 308, 400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 422, 423, 425, 429, 431, 451, 477, 499, 500, 501, 502, 503, 504, 511, 521, 530, 599, 600, 999];

    private static readonly string?[] ContentTypes =
    [
        null, "application/json", "application/json; charset=utf-8", "application/json; charset=utf-16", "application/json; charset=nonsense",
        "application/json; charset=\"\"", "application/json;charset=iso-8859-1", "text/html; charset=x", "text/plain", "nonsense", "application/octet-stream",
    ];

    private static readonly (string, string)[] OddHeaders =
    [
        ("Retry-After", "soon"), ("Retry-After", "-1"), ("Retry-After", "99999999999999999999"), ("Retry-After", "Mon, 99 Foo 2026"), ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"),
        ("Retry-After", "2147483647"), ("X-HubSpot-RateLimit-Max", "-5"), ("X-HubSpot-RateLimit-Max", "1e9"), ("X-HubSpot-RateLimit-Max", "2147483647"),
        ("X-HubSpot-RateLimit-Interval-Milliseconds", "0"), ("X-HubSpot-RateLimit-Interval-Milliseconds", "2147483647"), ("X-HubSpot-RateLimit-Remaining", "many"),
        ("X-HubSpot-RateLimit-Remaining", ""), ("X-HubSpot-Correlation-Id", ""), ("X-HubSpot-Correlation-Id", "ä\tö"), ("Content-Encoding", "gzip"), ("Content-Encoding", "br"),
        ("Content-Length", "1"), ("Content-Length", "99999999999"), ("Transfer-Encoding", "nonsense"),
    ];

    private static readonly string[] OddValues =
    [
        "null", "0", "-1", "1e400", "12345678901234567890123", "true", "\"\"", "\" \"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[null]", "[[]]", "{\"\\ud800\":1}",
        new string('[', 200) + new string(']', 200),
    ];

    /// <summary>A good answer with up to three things done to its JSON, and perhaps some to its bytes, its status and its headers.</summary>
    public static Gen<OddAnswer> Of(int status, string good) => Gen.Select(
        Gen.Frequency((3, Gen.Const(status)), (1, OneOf(Statuses))),
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 1000], Gen.Int[0, 1000]).Array[0, 3],
        Gen.Frequency((3, Gen.Const((0, 0.0))), (2, Gen.Select(Gen.Int[1, 5], Gen.Double.Unit))),
        Gen.Frequency((2, Gen.Const<string?>("application/json")), (1, OneOf(ContentTypes))),
        OneOf(OddHeaders).Array[0, 3],
        (given, deeds, bytes, contentType, headers) => new OddAnswer(given, Spoil(Encoding.UTF8.GetBytes(Change(good, deeds)), bytes.Item1, bytes.Item2), contentType, headers));

    public HttpResponseMessage ToResponse()
    {
        var response = new HttpResponseMessage((HttpStatusCode)Status) { Content = new ByteArrayContent(Body) };
        if (ContentType is not null)
            response.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        foreach (var (name, value) in Headers)
        {
            if (!((HttpHeaders)response.Headers).TryAddWithoutValidation(name, value))
                response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    public override string ToString() => $"{Status} {ContentType} {string.Join(", ", Headers)}\n{Encoding.UTF8.GetString(Body)}";

    private static Gen<T> OneOf<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    /// <summary>Changes the types of fields and list entries, drops them, doubles them, or exchanges two of them.</summary>
    private static string Change(string good, (int Kind, int At, int Other)[] deeds)
    {
        var root = JsonNode.Parse(good)!;
        var raw = new List<(string Mark, string Value)>();
        foreach (var (kind, at, other) in deeds)
        {
            var places = Places(root).ToList();
            if (places.Count == 0)
                break;
            var place = places[at % places.Count];
            var another = places[other % places.Count];
            switch (kind)
            {
                case 0:
                    place.Remove();
                    break;
                case 1:
                    place.Double();
                    break;
                case 2 when place.Node is JsonValue one && another.Node is JsonValue two:
                    (var first, var second) = (one.DeepClone(), two.DeepClone());
                    place.Set(second);
                    another.Set(first);
                    break;
                default: // In place of what JsonNode cannot hold stands a mark.
                    var mark = $"#{raw.Count}#";
                    raw.Add(($"\"{mark}\"", OddValues[other % OddValues.Length]));
                    place.Set(mark);
                    break;
            }
        }

        return raw.Aggregate(root.ToJsonString(), (json, odd) => json.Replace(odd.Mark, odd.Value, StringComparison.Ordinal));
    }

    private static byte[] Spoil(byte[] body, int kind, double where)
    {
        var at = (int)(where * body.Length);
        switch (kind)
        {
            case 1:
                return body[..at];
            case 2 when body.Length > 0:
                body[at] ^= 0xff;
                return body;
            case 3:
                return [0xef, 0xbb, 0xbf, .. body];
            case 4:
                return Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body));
            case 5:
                return "<html><body><h1>Bad Gateway</h1></body></html>"u8.ToArray();
            default:
                return body;
        }
    }

    private static IEnumerable<Place> Places(JsonNode? node) => node switch
    {
        JsonObject fields => fields.Select(field => new Place(fields, field.Key, -1, field.Value)).ToList().SelectMany(place => Places(place.Node).Prepend(place)),
        JsonArray list => list.Select((entry, index) => new Place(list, null, index, entry)).ToList().SelectMany(place => Places(place.Node).Prepend(place)),
        _ => [],
    };

    private sealed record Place(JsonNode Parent, string? Name, int Index, JsonNode? Node)
    {
        public void Set(JsonNode value)
        {
            if (Name is null)
                Parent.AsArray()[Index] = value;
            else
                Parent.AsObject()[Name] = value;
        }

        public void Remove()
        {
            if (Name is null)
                Parent.AsArray().RemoveAt(Index);
            else
                Parent.AsObject().Remove(Name);
        }

        public void Double()
        {
            if (Name is null)
                Parent.AsArray().Add(Node?.DeepClone());
            else
                Parent.AsObject()[Name.ToUpperInvariant()] = Node?.DeepClone(); // To whoever does not look at the case.
        }
    }
}
