using System.Globalization;
using System.Text.Json.Nodes;

namespace HubSpotMessaging.IntegrationTests.Crashes;

/// <summary>A <c>SyncContact</c> that a test publishes.</summary>
/// <param name="Key">Its command id.</param>
/// <param name="Email">The contact.</param>
/// <param name="OccurredAt">Since when it is true; no two of a contact have the same.</param>
/// <param name="Properties">The values; an empty one clears.</param>
/// <param name="Refusal">The category that it must be rejected with; null when it must be accepted.</param>
internal sealed record Order(
    string Key, string Email, DateTimeOffset OccurredAt, IReadOnlyDictionary<string, string> Properties, string? Refusal = null)
{
    private static readonly string[] Texts = ["firstname", "lastname", "city", "jobtitle", "phone"];

    public string Json => new JsonObject
    {
        ["commandId"] = Key,
        ["email"] = Email,
        ["occurredAt"] = OccurredAt,
        ["properties"] = new JsonObject(Properties.Select(property => KeyValuePair.Create(property.Key, (JsonNode?)property.Value))),
    }.ToJsonString();

    /// <summary>
    /// Commands of which 5 % share a hundred contacts and the others have one each; 2 % are wrong, two thirds of them in a way that only
    /// HubSpot knows.
    /// </summary>
    public static IReadOnlyList<Order> Mixed(int count, Random random, DateTimeOffset now)
    {
        var moments = Enumerable.Range(1, count).ToArray();
        random.Shuffle(moments);
        var orders = moments.Select((moment, number) => Good(number, moment)).ToArray();
        random.Shuffle(orders);
        for (var number = 0; number < count; number += 50)
            orders[number] = Spoiled(orders[number], number / 50 % 6);
        return orders;

        Order Good(int number, int moment)
        {
            var email = number < count / 20 ? $"shared-{number % 100}@example.com" : $"own-{number}@example.com";
            var names = Texts.Where(_ => random.Next(2) == 0).Append("company").ToList();
            return new(
                $"c-{number}",
                email,
                now.AddDays(-1).AddSeconds(moment),
                names.ToDictionary(name => name, name => random.Next(10) == 0 ? "" : $"{name} of c-{number}", StringComparer.Ordinal));
        }

        Order Spoiled(Order order, int way) => way switch
        {
            0 => order with { OccurredAt = now.AddDays(1).AddSeconds(random.Next(1_000_000)), Refusal = "INVALID_COMMAND" },
            1 => order with { Properties = With(order, "email", "somebody-else@example.com"), Refusal = "INVALID_COMMAND" },
            _ => order with { Properties = With(order, "loyalty_points", "many"), Refusal = "VALIDATION_ERROR" },
        };
    }

    /// <summary>Versions of contacts: each sets the same property to its number, later the higher it is.</summary>
    public static IReadOnlyList<Order> Versions(int contacts, int versions, DateTimeOffset now) =>
    [
        .. from contact in Enumerable.Range(1, contacts)
           from version in Enumerable.Range(1, versions)
           let number = version.ToString(CultureInfo.InvariantCulture)
           select new Order(
               $"c-{contact}-{number}",
               $"c{contact}@example.com",
               now.AddDays(-1).AddMinutes(version),
               new Dictionary<string, string>(StringComparer.Ordinal) { ["loyalty_points"] = number }),
    ];

    private static Dictionary<string, string> With(Order order, string name, string value) =>
        new(order.Properties, StringComparer.Ordinal) { [name] = value };
}
