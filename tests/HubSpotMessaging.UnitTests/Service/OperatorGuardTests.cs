using System.Globalization;
using System.Net;
using HubSpotMessaging.Service.Operators;
using HubSpotMessaging.Service.Operators.SigningIn;
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
        Guard().LetsIn(Request(from, host)).ShouldBe(isLetIn);

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

        Guard().LetsIn(request).ShouldBeFalse();
    }

    [Theory]
    [InlineData("the key", true)]
    [InlineData("The key", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void With_a_key_only_the_key_counts(string? presented, bool isLetIn)
    {
        var guard = Guard("the key");
        var request = Request("127.0.0.1", "localhost");
        request.Request.Headers[OperatorGuard.Header] = presented;

        guard.LetsIn(request).ShouldBe(isLetIn);
        guard.IsKey(request, presented).ShouldBe(isLetIn);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("same-origin", "null", false)]
    [InlineData("same-origin", "http://localhost", false)]
    [InlineData("none", null, false)]
    [InlineData(null, "http://localhost", false)]
    [InlineData(null, "null", true)]
    [InlineData(null, "http://localhost:5173", true)]
    [InlineData("same-origin", "https://evil.example", true)]
    [InlineData("same-site", "null", true)]
    [InlineData("cross-site", null, true)]
    public void What_another_site_makes_a_browser_send_is_told_apart(string? site, string? origin, bool isByAnotherSite)
    {
        var request = Request("127.0.0.1", "localhost");
        request.Request.Scheme = "http";
        if (site is not null)
            request.Request.Headers["Sec-Fetch-Site"] = site;
        if (origin is not null)
            request.Request.Headers.Origin = origin;

        Guard().IsByAnotherSite(request).ShouldBe(isByAnotherSite);
        Guard("the key").IsByAnotherSite(request).ShouldBe(isByAnotherSite);
        request.Request.Headers[OperatorGuard.Header] = "the key"; // Which no site can make a browser send.
        Guard("the key").IsByAnotherSite(request).ShouldBeFalse();
    }

    [Fact]
    public void Without_a_key_no_key_is_the_key() => Guard().IsKey(Request("127.0.0.1", "localhost"), "").ShouldBeFalse();

    [Fact]
    public void After_five_wrong_keys_none_is_looked_at_from_there_be_it_right()
    {
        var guard = Guard("the key");
        for (var guess = 0; guess < 5; guess++)
        {
            var wrong = Request("203.0.113.7", "sync.example");
            guard.IsKey(wrong, "a key").ShouldBeFalse();
            guard.IsKey(wrong, "a key").ShouldBeFalse(); // Asked twice, it is one guess.
            OperatorGuard.TellToWait(wrong).ShouldBeNull();
        }

        var late = Request("203.0.113.7", "sync.example");
        guard.IsKey(late, "the key").ShouldBeFalse();
        int.Parse(OperatorGuard.TellToWait(late)!, CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
        late.Response.Headers.RetryAfter.ToString().ShouldNotBeEmpty();
        guard.IsKey(Request("203.0.113.8", "sync.example"), "the key").ShouldBeTrue();
    }

    [Fact]
    public void A_program_that_guesses_keeps_no_person_beside_it_out()
    {
        var guard = Guard("the key");
        for (var guess = 0; guess < 6; guess++)
        {
            var program = Request("203.0.113.7", "sync.example");
            program.Request.Headers[OperatorGuard.Header] = "a key";
            guard.LetsIn(program).ShouldBeFalse();
        }

        guard.IsKey(Request("203.0.113.7", "sync.example"), "the key").ShouldBeTrue();
    }

    [Fact]
    public void A_network_of_addresses_guesses_as_one()
    {
        var guard = Guard("the key");
        for (var guess = 0; guess < 5; guess++)
            guard.IsKey(Request($"2001:db8::{guess}", "sync.example"), "a key").ShouldBeFalse();

        guard.IsKey(Request("2001:db8::ffff", "sync.example"), "the key").ShouldBeFalse();
        guard.IsKey(Request("2001:db8:1::1", "sync.example"), "the key").ShouldBeTrue();
    }

    private static OperatorGuard Guard(string? key = null) => new(Create(new OperatorOptions { Key = key }), new KeyGuesses());

    private static DefaultHttpContext Request(string? from, string host)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = from is null ? null : IPAddress.Parse(from);
        context.Request.Host = new HostString(host);
        return context;
    }
}
