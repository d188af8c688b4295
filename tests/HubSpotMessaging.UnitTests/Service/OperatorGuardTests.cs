using System.Net;
using HubSpotMessaging.Service.Operators;
using Microsoft.AspNetCore.Http;
using static Microsoft.Extensions.Options.Options;

namespace HubSpotMessaging.UnitTests.Service;

public sealed class OperatorGuardTests
{
    [Theory]
    [InlineData("127.0.0.1", "localhost", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("::1", "[::1]", true)]
    [InlineData("::ffff:127.0.0.1", "localhost", true)]
    [InlineData("203.0.113.7", "localhost", false)]
    [InlineData("127.0.0.1", "sync.example", false)]
    [InlineData("127.0.0.1", "localhost.evil.example", false)]
    [InlineData("127.0.0.1", "", false)]
    [InlineData(null, "localhost", false)]
    public void Without_a_key_only_this_machine_is_let_in(string? from, string host, bool isLetIn) =>
        new OperatorGuard(Create(new OperatorOptions())).LetsIn(Request(from, host)).ShouldBe(isLetIn);

    [Theory]
    [InlineData("Forwarded")]
    [InlineData("Via")]
    [InlineData("X-Forwarded-For")]
    [InlineData("x-forwarded-host")]
    [InlineData("X-Real-IP")]
    [InlineData("X-Original-For")]
    [InlineData("X-Forwarded-Prefix")]
    public void What_a_proxy_passes_on_is_not_from_this_machine(string header)
    {
        var request = Request("127.0.0.1", "localhost");
        request.Request.Headers[header] = "anything";

        new OperatorGuard(Create(new OperatorOptions())).LetsIn(request).ShouldBeFalse();
    }

    [Theory]
    [InlineData("the key", true)]
    [InlineData("The key", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void With_a_key_only_the_key_counts(string? presented, bool isLetIn)
    {
        var guard = new OperatorGuard(Create(new OperatorOptions { Key = "the key" }));
        var request = Request("127.0.0.1", "localhost");
        request.Request.Headers[OperatorGuard.Header] = presented;

        guard.LetsIn(request).ShouldBe(isLetIn);
        guard.IsKey(presented).ShouldBe(isLetIn);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("same-origin", "null", true)]
    [InlineData("same-origin", "http://localhost", true)]
    [InlineData(null, "http://localhost", true)]
    [InlineData(null, "null", false)]
    [InlineData(null, "http://localhost:5173", false)]
    [InlineData("same-origin", "https://evil.example", false)]
    [InlineData("same-site", "null", false)]
    [InlineData("cross-site", null, false)]
    public void Without_a_key_no_other_site_makes_this_machine_act(string? site, string? origin, bool isLetAct)
    {
        var request = Request("127.0.0.1", "localhost");
        request.Request.Scheme = "http";
        if (site is not null)
            request.Request.Headers["Sec-Fetch-Site"] = site;
        if (origin is not null)
            request.Request.Headers.Origin = origin;

        new OperatorGuard(Create(new OperatorOptions())).LetsAct(request, key: "").ShouldBe(isLetAct);
        new OperatorGuard(Create(new OperatorOptions { Key = "the key" })).LetsAct(request, key: "").ShouldBeFalse();
        new OperatorGuard(Create(new OperatorOptions { Key = "the key" })).LetsAct(request, key: "the key").ShouldBeTrue();
    }

    [Fact]
    public void Without_a_key_no_key_is_the_key() => new OperatorGuard(Create(new OperatorOptions())).IsKey("").ShouldBeFalse();

    private static DefaultHttpContext Request(string? from, string host)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = from is null ? null : IPAddress.Parse(from);
        context.Request.Host = new HostString(host);
        return context;
    }
}
