using HubSpotMessaging.Service.Health;
using Microsoft.Extensions.Configuration;

namespace HubSpotMessaging.UnitTests.Service;

public sealed class HealthCheckCommandTests
{
    [Theory]
    [InlineData(null, null, "http://127.0.0.1:5000/")]
    [InlineData(null, "8080", "http://127.0.0.1:8080/")]
    [InlineData(null, "8081;8082", "http://127.0.0.1:8081/")]
    [InlineData(null, "nonsense", "http://127.0.0.1:5000/")]
    [InlineData("http://+:7000", "8080", "http://127.0.0.1:7000/")]
    [InlineData("http://localhost:7000/", null, "http://127.0.0.1:7000/")]
    [InlineData("https://*:7001;http://[::]:7002", null, "http://127.0.0.1:7002/")]
    [InlineData("http://*", null, "http://127.0.0.1/")]
    public void It_asks_where_the_service_listens(string? urls, string? ports, string expected) =>
        HealthCheckCommand.Address(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["URLS"] = urls, ["HTTP_PORTS"] = ports })
            .Build()).AbsoluteUri.ShouldBe(expected);
}
