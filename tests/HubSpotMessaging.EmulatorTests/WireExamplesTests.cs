using System.Text.Json.Nodes;

namespace HubSpotMessaging.EmulatorTests;

public sealed class WireExamplesTests
{
    [Theory]
    [InlineData("""{"a":null}""", """{"a":null}""", true)]
    [InlineData("""{}""", """{"a":null}""", false)]
    [InlineData("""{"a":null}""", """{}""", false)]
    [InlineData("""{"a":null}""", """{"a":"…"}""", false)]
    [InlineData("""{"a":[1]}""", """{"a":["…"]}""", true)]
    public void A_null_is_there_and_what_is_missing_is_not(string actual, string example, bool matches)
    {
        var compare = () => JsonNode.Parse(actual).ShouldMatch(example);

        if (matches) compare.ShouldNotThrow();
        else compare.ShouldThrow<ShouldAssertException>();
    }
}
