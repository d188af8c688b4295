using System.Text.Json;
using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.UnitTests.Contracts;

public sealed class CommandRulesTests
{
    private static readonly SyncContact Sync = new() { Email = "ada@example.com" };
    private static readonly EnrollInWorkflow Enroll = new() { Email = "ada@example.com", Workflow = "1001" };
    private static readonly PostTimelineEvent Timeline = new() { EventType = "1001298", Email = "ada@example.com" };

    public static TheoryData<IHubSpotCommand> Good =>
    [
        Sync,
        Sync with { Email = "  Ada.Lovelace+Test@Example.COM " },
        Sync with { Properties = new Dictionary<string, string?> { ["EMAIL"] = " ADA@example.com", ["phone"] = null } },
        Sync with { CommandId = new string('x', 200) },
        Sync with { Properties = new Dictionary<string, string?> { ["bio"] = new string('x', 65_536) } },
        Timeline with { Tokens = new Dictionary<string, string?> { ["a"] = new string('x', 522_240) } },
        Sync with { Properties = null! },
        Enroll,
        Enroll with { Properties = new Dictionary<string, string?> { ["city"] = "London" } },
        Timeline,
        Timeline with { Tokens = null!, ObjectId = " " },
        Timeline with { Email = null, Utk = "abc", ExtraData = JsonSerializer.SerializeToElement(new { a = 1 }) },
        Timeline with { ExtraData = LongestExtraData(padding: new string(' ', 1_000)) },
    ];

    public static TheoryData<IHubSpotCommand, string?, string> Bad => new()
    {
        { Sync with { Email = null! }, "email", CommandErrorCodes.Required },
        { Sync with { Email = " " }, "email", CommandErrorCodes.Required },
        { Sync with { Email = "ada" }, "email", CommandErrorCodes.Invalid },
        { Sync with { Email = "ada@" }, "email", CommandErrorCodes.Invalid },
        { Sync with { Email = "ada@a@b" }, "email", CommandErrorCodes.Invalid },
        { Sync with { Email = "ada lovelace@example.com" }, "email", CommandErrorCodes.Invalid },
        { Sync with { Email = new string('a', 320) + "@example.com" }, "email", CommandErrorCodes.Invalid },
        { Sync with { Properties = new Dictionary<string, string?> { [" "] = "x" } }, "properties", CommandErrorCodes.Invalid },
        { Sync with { Properties = new Dictionary<string, string?> { ["email"] = "bob@example.com" } }, "email", CommandErrorCodes.Conflicting },
        { Sync with { Properties = new Dictionary<string, string?> { ["email"] = null } }, "email", CommandErrorCodes.Conflicting },
        { Sync with { CommandId = "" }, "commandId", CommandErrorCodes.Invalid },
        { Sync with { CommandId = new string('x', 201) }, "commandId", CommandErrorCodes.TooLong },
        { Sync with { Properties = new Dictionary<string, string?> { ["bio"] = new string('x', 65_537) } }, "bio", CommandErrorCodes.TooLong },
        { Enroll with { Properties = new Dictionary<string, string?> { [new string('n', 1_000)] = new string('x', 65_537) } }, new string('n', 100), CommandErrorCodes.TooLong },
        { Timeline with { Tokens = new Dictionary<string, string?> { ["a"] = new string('ä', 261_121) } }, "tokens.a", CommandErrorCodes.TooLong },
        { Timeline with { Tokens = Enumerable.Range(0, 3).ToDictionary(number => $"t{number}", _ => (string?)new string('x', 400_000)) }, null, CommandErrorCodes.TooLong },
        { Timeline with { ExtraData = JsonSerializer.SerializeToElement(new { a = new string('x', 1_048_570) }) }, null, CommandErrorCodes.TooLong },
        { Timeline with { ExtraData = LongestExtraData(more: " ") }, null, CommandErrorCodes.TooLong },
        { Enroll with { Workflow = "" }, "workflow", CommandErrorCodes.Required },
        { Enroll with { Email = "nobody" }, "email", CommandErrorCodes.Invalid },
        { Timeline with { EventType = "" }, "eventType", CommandErrorCodes.Required },
        { Timeline with { Email = null }, null, CommandErrorCodes.Required },
        { Timeline with { ObjectId = "51" }, null, CommandErrorCodes.Conflicting },
        { Timeline with { Tokens = new Dictionary<string, string?> { ["a"] = null } }, "tokens.a", CommandErrorCodes.Invalid },
        { Timeline with { ExtraData = JsonSerializer.SerializeToElement(1) }, "extraData", CommandErrorCodes.Invalid },
        { Timeline with { CommandId = "order-{{uuid}}" }, "commandId", CommandErrorCodes.Invalid },
        { Timeline with { CommandId = new string('€', 200) }, "commandId", CommandErrorCodes.TooLong },
        { Timeline with { TimelineIFrame = new() { LinkLabel = "a", HeaderLabel = "b", Url = "javascript:alert(1)", Width = 1, Height = 1 } }, "timelineIFrame.url", CommandErrorCodes.Invalid },
        { Timeline with { TimelineIFrame = new() { LinkLabel = "", HeaderLabel = "b", Url = "https://a.example", Width = 1, Height = 1 } }, "timelineIFrame.linkLabel", CommandErrorCodes.Required },
        { Timeline with { TimelineIFrame = new() { LinkLabel = "a", HeaderLabel = "b", Url = "https://a.example" } }, "timelineIFrame", CommandErrorCodes.Invalid },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void A_good_command_has_no_errors(IHubSpotCommand command) => command.Validate().ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_command_is_told_what_is_wrong_and_with_what(IHubSpotCommand command, string? property, string code)
    {
        var error = command.Validate().ShouldHaveSingleItem();

        (error.Property, error.Code).ShouldBe((property, code));
        error.Message.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public void All_errors_are_told_at_once() =>
        (Enroll with { Email = "", Workflow = "", CommandId = " " }).Validate().Count.ShouldBe(3);

    /// <summary>As large as an event may be, with texts in which white space and quotation marks count, and white space around them that does not.</summary>
    private static JsonElement LongestExtraData(string padding = "", string more = "")
    {
        const string Template = """{"a \" b":"c \\","d":[1,true],"e":"TEXT"}""";
        var text = new string(' ', 1_048_576 - Template.Length + "TEXT".Length) + more;
        return JsonElement.Parse(padding + Template.Replace(",", $",{padding}\n\t", StringComparison.Ordinal).Replace("TEXT", text, StringComparison.Ordinal) + padding);
    }
}
