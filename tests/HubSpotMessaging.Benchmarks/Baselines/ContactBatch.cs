using System.Net.Http.Headers;
using System.Text.Json;

namespace HubSpotMessaging.Benchmarks.Baselines;

/// <summary>Builds an upsert by hand and reads its answer.</summary>
internal static class ContactBatch
{
    public static readonly Uri Path = new("crm/objects/2026-09/contacts/batch/upsert", UriKind.Relative);

    public static ByteArrayContent Write(IEnumerable<(string TraceId, string Email, IReadOnlyDictionary<string, string?> Properties)> contacts)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("inputs"u8);
            foreach (var (traceId, email, properties) in contacts)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, email);
                json.WriteString("idProperty"u8, "email"u8);
                json.WriteString("objectWriteTraceId"u8, traceId);
                json.WriteStartObject("properties"u8);
                json.WriteString("email"u8, email);
                foreach (var (name, value) in properties)
                    json.WriteString(name, value ?? "");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }

    /// <summary>The written contacts by trace id.</summary>
    public static async Task<Dictionary<string, WrittenContact>> ReadAsync(HttpResponseMessage response)
    {
        await using var body = await response.Content.ReadAsStreamAsync();
        var answer = await JsonSerializer.DeserializeAsync<Answer>(body, JsonSerializerOptions.Web);
        return answer!.Results.ToDictionary(contact => contact.ObjectWriteTraceId, StringComparer.Ordinal);
    }

    private sealed record Answer(WrittenContact[] Results);
}

internal sealed record WrittenContact(string Id, bool New, string ObjectWriteTraceId);
