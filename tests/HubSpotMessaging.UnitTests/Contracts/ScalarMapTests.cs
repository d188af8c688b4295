using System.Text.Json;
using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.UnitTests.Contracts;

public sealed class ScalarMapTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("\"\"", "")]
    [InlineData("null", null)]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("42", "42")]
    [InlineData("-1.50", "-1.50")]
    [InlineData("1e3", "1000")]
    [InlineData("0.1", "0.1")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("12345678901234567890123456789012345", "12345678901234567890123456789012345")]
    [InlineData("2.5E-3", "0.0025")]
    [InlineData("0e5", "0")]
    public void Scalars_become_text(string value, string? expected) =>
        Read("""{"email":"a@b.example","properties":{"x":VALUE}}""".Replace("VALUE", value, StringComparison.Ordinal)).Properties["x"].ShouldBe(expected);

    [Theory]
    [InlineData("""{"email":"a@b.example","properties":{"x":{}}}""")]
    [InlineData("""{"email":"a@b.example","properties":{"x":[1]}}""")]
    [InlineData("""{"email":"a@b.example","properties":{"x":1e300}}""")]
    [InlineData("""{"email":"a@b.example","properties":{"x":1e-30}}""")]
    [InlineData("""{"email":"a@b.example","properties":[]}""")]
    [InlineData("""{"email":"a@b.example","properties":"x"}""")]
    [InlineData("""{"email":"a@b.example","properties":{"x":"1","x":"2"}}""")]
    public void Anything_else_cannot_be_read(string json) => Should.Throw<JsonException>(() => Read(json));

    private static SyncContact Read(string json) => JsonSerializer.Deserialize<SyncContact>(json, Json)!;
}
