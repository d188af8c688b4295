using System.Text;
using HubSpotMessaging.Contracts;
using HubSpotMessaging.Emulator;
using HubSpotMessaging.Sandbox.Samples;

namespace HubSpotMessaging.UnitTests.Sandbox;

public sealed class SampleFileTests
{
    private const string Good = """{"command":"SyncContact","message":{"email":"ada@example.com"}}""";

    [Fact]
    public async Task A_file_is_read_line_by_line_and_blank_lines_do_not_count()
    {
        var samples = await ReadAsync(
            """
            {"command":"SyncContact","message":{"commandId":"one","email":" Ada@Example.com","properties":{"annualrevenue":1.5,"phone":null}}}

            {"command":"EnrollInWorkflow","message":{"email":"ada@example.com","workflow":"welcome"},"about":"Enrols","expect":"ContactEnrolledInWorkflow"}
            {"command":"PostTimelineEvent","message":{"eventType":"7","objectId":"1"},"fault":{"kind":"rateLimited","times":2},"expect":{"event":"TimelineEventPosted","eventType":"7"}}
            """);

        samples.Select(sample => sample.Type).ShouldBe(["SyncContact", "EnrollInWorkflow", "PostTimelineEvent"]);
        samples.Select(sample => sample.Email).ShouldBe(["ada@example.com", "ada@example.com", null]);
        samples.Select(sample => sample.Command.CommandId).ShouldBe(["one", "commands.jsonl:3", "commands.jsonl:4"]);
        samples.Select(sample => sample.Title).ShouldBe(["one", "Enrols", "commands.jsonl:4"]);
        samples[0].Command.ShouldBeOfType<SyncContact>().Properties.ShouldBe(
            new Dictionary<string, string?> { ["annualrevenue"] = "1.5", ["phone"] = null }, ignoreOrder: true);
        samples[0].Expectation.ShouldBeNull();
        samples[1].Expectation!.Event.ShouldBe("ContactEnrolledInWorkflow");
        samples[2].Expectation!.Fields["eventType"]!.ToString().ShouldBe("7");
        samples[2].Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.RateLimited);
    }

    [Theory]
    [InlineData("oops", "'o' is an invalid start of a value.")]
    [InlineData("""{"command":"SyncContact" """, "JSON")]
    [InlineData("[]", "a JSON object is expected")]
    [InlineData("null", "a JSON object is expected")]
    [InlineData("""{"message":{"email":"ada@example.com"}}""", "\"command\" is missing")]
    [InlineData("""{"command":5,"message":{}}""", "\"command\" must be text")]
    [InlineData("""{"command":"SyncContact"}""", "\"message\" must be a JSON object")]
    [InlineData("""{"command":"SyncContact","message":[]}""", "\"message\" must be a JSON object")]
    [InlineData("""{"command":"Sync","message":{}}""", "there is no command Sync; there are SyncContact, EnrollInWorkflow and PostTimelineEvent")]
    [InlineData("""{"command":"SyncContact","message":{}}""", "'email'")]
    [InlineData("""{"command":"SyncContact","message":{"email":5}}""", "email: ")]
    [InlineData("""{"command":"SyncContact","message":{"email":null}}""", "email")]
    [InlineData("""{"command":"SyncContact","message":{"mail":"ada@example.com"}}""", "SyncContact has no field \"mail\"; it has commandId, occurredAt, expiresAt, email, properties")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co","email":"c@d.co"}}""", "email")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co","properties":{"city":["x"]}}}""", "properties: ")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co"},"expects":"x"}""", "\"expects\" is not known")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co"},"expect":"Nothing"}""", "\"expect\" must name one of ContactSynced, ")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co"},"expect":{"result":"Created"}}""", "\"expect\" must name one of ContactSynced, ")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co"},"expect":{"event":"ContactSynced","catgory":null}}""", "ContactSynced has no field \"catgory\"")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co"},"expect":["ContactSynced"]}""", "\"expect\" must be the name of an event")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co"},"fault":{"kind":"flood"}}""", "\"fault\": ")]
    [InlineData("""{"command":"SyncContact","message":{"email":"a@b.co"},"fault":{"kind":"latency","milliseconds":-1}}""", "\"fault\": ")]
    public async Task A_line_that_is_something_else_is_named_with_its_reason(string line, string reason)
    {
        var problem = await Should.ThrowAsync<FormatException>(() => ReadAsync($"{Good}\n\n{line}\n{Good}"));

        problem.Message.ShouldContain("commands.jsonl, line 3: ");
        problem.Message.ShouldContain(reason);
        problem.Message.ShouldNotContain("LineNumber");
        problem.Message.ShouldNotContain('\n');
    }

    [Fact]
    public async Task Several_bad_lines_are_named_at_once_but_not_without_end()
    {
        (await Should.ThrowAsync<FormatException>(() => ReadAsync($"1\n{Good}\n2"))).Message.Split('\n').Length.ShouldBe(2);
        (await Should.ThrowAsync<FormatException>(() => ReadAsync(string.Join('\n', Enumerable.Range(0, 1_000))))).Message.Split('\n').Length.ShouldBe(11);
    }

    [Fact]
    public async Task A_file_without_commands_is_told()
    {
        (await Should.ThrowAsync<FormatException>(() => ReadAsync(""))).Message.ShouldContain("there are no commands in it");
        (await Should.ThrowAsync<FormatException>(() => ReadAsync("\n \n"))).Message.ShouldContain("there are no commands in it");
        (await Should.ThrowAsync<FormatException>(() => SampleFile.ReadAsync([Path.GetTempPath()]))).Message.ShouldContain("is a folder");
        await Should.ThrowAsync<FileNotFoundException>(() => SampleFile.ReadAsync([Path.Combine(Path.GetTempPath(), "not-there.jsonl")]));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_told()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, Encoding.Latin1.GetBytes("""{"command":"SyncContact","message":{"email":"a@b.co","properties":{"city":"Köln"}}}"""));

        (await Should.ThrowAsync<FormatException>(() => SampleFile.ReadAsync([file]))).Message.ShouldBe($"{file}, line 1: not UTF-8.");
        File.Delete(file);
    }

    [Fact]
    public async Task Commands_without_an_id_get_one_that_no_other_file_has()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Good);

        (await SampleFile.ReadAsync([file, file])).Select(sample => sample.Command.CommandId).Distinct().Count().ShouldBe(2);
        File.Delete(file);
    }

    [Fact]
    public async Task The_samples_that_come_with_the_source_can_be_read_and_declare_what_they_end_in()
    {
        var samples = await SampleFile.ReadAsync(SampleFile.Bundled());

        samples.Count.ShouldBeGreaterThan(20);
        samples.ShouldAllBe(sample => sample.Expectation != null && sample.About != null);
    }

    private static async Task<IReadOnlyList<Sample>> ReadAsync(string text)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(folder.FullName, "commands.jsonl");
            await File.WriteAllTextAsync(file, text);
            return await SampleFile.ReadAsync([file]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
