using HubSpotMessaging.HubSpot.Api;

namespace HubSpotMessaging.UnitTests.HubSpot;

public sealed class SpanRedactionTests
{
    [Theory]
    [InlineData("https://api.hubapi.com/crm/objects/2026-09/contacts/ada%40example.com?*", "https://api.hubapi.com/crm/objects/2026-09/contacts/{email}?*")]
    [InlineData("https://api.hubapi.com/automation/v2/workflows/1/enrollments/contacts/a.b+c@example.com", "https://api.hubapi.com/automation/v2/workflows/1/enrollments/contacts/{email}")]
    [InlineData("https://api.hubapi.com/oauth/v1/refresh-tokens/na1-aaaa-bbbb", "https://api.hubapi.com/oauth/v1/refresh-tokens/{token}")]
    [InlineData("https://api.hubapi.com/oauth/v1/access-tokens/Cabc_-.x", "https://api.hubapi.com/oauth/v1/access-tokens/{token}")]
    [InlineData("https://api.hubapi.com/crm/objects/2026-09/contacts/batch/upsert", "https://api.hubapi.com/crm/objects/2026-09/contacts/batch/upsert")]
    public void An_address_on_a_span_names_neither_people_nor_tokens(string address, string redacted) =>
        SpanRedaction.Redact(address).ShouldBe(redacted);
}
