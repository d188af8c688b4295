namespace HubSpotMessaging.IntegrationTests.Browser;

public sealed class ContrastTests
{
    [Theory]
    [InlineData("rgb(0, 0, 0)", "rgb(255, 255, 255)", 21)]
    [InlineData("rgb(119, 119, 119)", "rgb(255, 255, 255)", 4.48)]
    public void Contrast_is_computed_as_WCAG_defines_it(string one, string other, double ratio)
    {
        Contrast.Ratio(one, other).ShouldBe(ratio, 0.01);
        Contrast.Ratio(other, one).ShouldBe(ratio, 0.01);
    }
}
