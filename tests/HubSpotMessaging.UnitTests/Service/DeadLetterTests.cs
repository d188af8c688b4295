using System.Text;
using System.Text.Json.Nodes;
using HubSpotMessaging.Service.Consumers;
using HubSpotMessaging.Service.DeadLetters;
using RabbitMQ.Client;

namespace HubSpotMessaging.UnitTests.Service;

/// <summary>What is made of a message in an <c>_error</c> queue, whatever it is.</summary>
public sealed class DeadLetterTests
{
    private const string Queue = "hubspot-sync-contact";
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_message_has_the_same_id_however_often_the_broker_has_delivered_it()
    {
        var first = Parse("""{"email":"ada@example.com"}""", new() { ["x-delivery-count"] = 1L });
        var again = Parse("""{"email":"ada@example.com"}""", new() { ["x-delivery-count"] = 7L });
        var other = Parse("""{"email":"eve@example.com"}""", []);

        again.Id.ShouldBe(first.Id);
        other.Id.ShouldNotBe(first.Id);
        DeadLetterId.TryParse((first.Id with { Copy = 3 }).ToString(), out var third).ShouldBeTrue();
        third.ShouldBe(first.Id with { Copy = 3 });
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("0000000000001234567812345678123x")]
    [InlineData("0000000000001234567812345678-1")]
    [InlineData("00000000000012345678123456781234-x")]
    [InlineData("ABCDEF0000001234567812345678")]
    public void What_is_no_id_is_none(string text) => DeadLetterId.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"email\":\"\\ud800\"}")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"message\":5,\"messageType\":[]}")]
    [InlineData("{\"properties\":[{}],\"tokens\":7,\"email\":{}}")]
    public void Whatever_stands_in_a_body_is_shown_and_masked(string body)
    {
        var letter = Parse(body, []);

        letter.Command.ShouldBe("SyncContact");
        letter.Origin.ShouldBe(DeadLetterOrigin.Other);
        PersonalData.InBody(Encoding.UTF8.GetBytes(body)).ShouldNotBeEmpty();
    }

    [Fact]
    public void A_text_of_any_length_is_masked_at_once()
    {
        var text = new string('k', 1_000_000);

        PersonalData.InText(text).ShouldBe(text);
        PersonalData.InText($"{text} ada@example.com")!.ShouldEndWith(" a***@e***");
    }

    [Fact]
    public void Values_are_masked_where_hubspot_repeats_them_and_names_are_not()
    {
        var letter = Parse(
            """{"email":"ada@example.com","properties":{"phone":"+44 20 7946","lifecyclestage":""}}""",
            new() { ["MT-Fault-Message"] = "phone: +44 20 7946 of ada@example.com is no number" });

        letter.Message.ShouldBe("phone: *** of a***@e*** is no number");
        PersonalData.InBody("""{"email":"ada@example.com","properties":{"phone":"+44 20 7946","lifecyclestage":""}}"""u8.ToArray())
            .ShouldBe("""{"email":"a***@e***","properties":{"phone":"***","lifecyclestage":""}}""");
    }

    [Fact]
    public void A_correction_in_an_envelope_leaves_the_envelope_the_key_and_the_moment()
    {
        var content = Content(
            """{"messageId":"5b0d8c1e-0000-0000-0000-000000000001","messageType":["urn:message:X"],"message":{"Email":"wrong@example.com","properties":{"email":"wrong@example.com","old":"1"}}}""",
            new() { [CommandIdentity.KeyHeader] = "key", [CommandIdentity.OccurredAtHeader] = "2026-10-01T11:00:00Z" });

        var corrected = new Correction { Email = "right@example.com", Properties = new Dictionary<string, string?> { ["new"] = null }, Remove = ["old"] }
            .Apply("SyncContact", content, Now);

        JsonNode.DeepEquals(JsonNode.Parse(corrected.Body.Span), JsonNode.Parse(
            """{"messageId":"5b0d8c1e-0000-0000-0000-000000000001","messageType":["urn:message:X"],"message":{"Email":"right@example.com","properties":{"email":"right@example.com","new":null}}}"""))
            .ShouldBeTrue(Encoding.UTF8.GetString(corrected.Body.Span));
        var headers = corrected.ForAnotherAttempt().Headers!;
        headers[CommandIdentity.KeyHeader].ShouldBe("key");
        headers[CommandIdentity.OccurredAtHeader].ShouldBe("2026-10-01T11:00:00Z");
    }

    [Fact]
    public void True_now_takes_the_place_of_every_older_moment()
    {
        var content = Content("""{"email":"ada@example.com","occurredAt":"2026-10-01T11:00:00Z"}""", new() { [CommandIdentity.OccurredAtHeader] = "2026-10-01T11:00:00Z" });

        var corrected = new Correction { TrueNow = true }.Apply("SyncContact", content, Now);

        ((DateTimeOffset)JsonNode.Parse(corrected.Body.Span)!["occurredAt"]!).ShouldBe(Now);
        corrected.Headers.ShouldNotContainKey(CommandIdentity.OccurredAtHeader);
    }

    [Fact]
    public void What_tells_of_the_failure_and_of_the_brokers_way_does_not_go_along_and_the_rest_survives_the_index()
    {
        var content = Content("{}", new()
        {
            ["MT-Fault-Message"] = "m",
            ["MT-Reason"] = "fault",
            ["hubspot-category"] = "VALIDATION_ERROR",
            ["hubspot-errors"] = "[]",
            ["x-death"] = new List<object?> { new Dictionary<string, object?> { ["count"] = 1L } },
            ["traceparent"] = "00-1-1-01",
            ["bytes"] = new byte[] { 0xff, 0x00 },
            ["number"] = 7,
            ["flag"] = true,
        });

        var headers = DeadLetterContent.Unpack(content.Pack()).ForAnotherAttempt().Headers!;

        headers.Keys.ShouldBe(["traceparent", "bytes", "number", "flag", CommandContextExtensions.LaneHeader], ignoreOrder: true);
        headers["bytes"].ShouldBe(new byte[] { 0xff, 0x00 });
        headers["number"].ShouldBe(7L);
        headers["flag"].ShouldBe(true);
    }

    private static DeadLetter Parse(string body, Dictionary<string, object?> headers) => DeadLetterParser.Parse(Queue, Content(body, headers));

    private static DeadLetterContent Content(string body, Dictionary<string, object?> headers) => DeadLetterContent.Of(
        new BasicProperties { MessageId = "m-1", Headers = headers.ToDictionary(header => header.Key, header => header.Value is string text ? Encoding.UTF8.GetBytes(text) : header.Value) },
        Encoding.UTF8.GetBytes(body));
}
