using System.Net;
using HubSpotMessaging.Emulator;

namespace HubSpotMessaging.EmulatorTests.Workflows;

public sealed class EnrollmentTests : EmulatorTest
{
    [Fact]
    public async Task An_enrolment_answers_204_and_is_logged()
    {
        var contact = AddContact("ada+tag@example.com");

        (await EnrollAsync(1001, "ada%2Btag%40example.com")).ShouldBe(HttpStatusCode.NoContent);

        Emulator.Enrollments.ShouldBe(
            [new Enrollment(1, PortalId, 1001, contact.Id, "ada+tag@example.com", Clock.GetUtcNow(), EnrollmentAction.Enrolled)]);
    }

    [Fact]
    public async Task A_slash_in_an_address_is_part_of_it()
    {
        AddContact("a/b@example.com");

        (await EnrollAsync(1001, "a%2Fb%40example.com")).ShouldBe(HttpStatusCode.NoContent);
        (await DeleteAsync("/automation/v2/workflows/1001/enrollments/contacts/a%2Fb%40example.com")).ShouldBe(HttpStatusCode.NoContent);

        Emulator.Enrollments.Select(entry => entry.Email).ShouldBe(["a/b@example.com", "a/b@example.com"]);
    }

    [Fact]
    public async Task A_contact_in_a_workflow_is_among_its_current_enrolments_until_it_is_taken_out()
    {
        var contact = AddContact("ada@example.com");
        await EnrollAsync(1001);

        (await GetAsync($"/automation/v2/workflows/enrollments/contacts/{contact.Id}")).ShouldBe(
            HttpStatusCode.OK, """[{"id":1001,"name":"Welcome","type":"DRIP_DELAY","enabled":true}]""");

        (await DeleteAsync("/automation/v2/workflows/1001/enrollments/contacts/ada@example.com")).ShouldBe(HttpStatusCode.NoContent);
        (await GetAsync($"/automation/v2/workflows/enrollments/contacts/{contact.Id}")).ShouldBe(HttpStatusCode.OK, "[]");
        Emulator.Enrollments.Select(entry => entry.Action).ShouldBe([EnrollmentAction.Enrolled, EnrollmentAction.Unenrolled]);
    }

    [Fact]
    public async Task Enrolling_who_is_in_already_has_no_effect()
    {
        AddContact("ada@example.com");

        await EnrollAsync(1001);
        (await EnrollAsync(1001)).ShouldBe(HttpStatusCode.NoContent);
        Emulator.Enrollments.ShouldHaveSingleItem();

        Settings.RejectRepeatedEnrollments = true;
        (await EnrollAsync(1001)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_workflow_that_ends_at_once_is_run_every_time_and_leaves_no_trace_but_the_log()
    {
        var contact = AddContact("ada@example.com");

        await EnrollAsync(1002);
        await EnrollAsync(1002);

        Emulator.Enrollments.Count.ShouldBe(2);
        (await GetAsync($"/automation/v2/workflows/enrollments/contacts/{contact.Id}")).ShouldBe(HttpStatusCode.OK, "[]");
    }

    [Fact]
    public async Task A_workflow_without_re_enrolment_is_run_once_for_a_contact()
    {
        Emulator.Put(new Workflow { Id = 7, Name = "Once", AllowsReEnrollment = false, EndsAtOnce = true });
        AddContact("ada@example.com");
        AddContact("bob@example.com");

        await EnrollAsync(7);
        await EnrollAsync(7);
        await EnrollAsync(7, "bob@example.com");

        Emulator.Enrollments.Select(entry => entry.Email).ShouldBe(["ada@example.com", "bob@example.com"]);
    }

    [Theory]
    [InlineData(1001, "nobody@example.com", HttpStatusCode.NotFound)]
    [InlineData(4711, "ada@example.com", HttpStatusCode.NotFound)]
    [InlineData(1003, "ada@example.com", HttpStatusCode.BadRequest)]
    public async Task An_enrolment_that_cannot_be_is_refused(long workflowId, string email, HttpStatusCode status)
    {
        AddContact("ada@example.com");

        (await EnrollAsync(workflowId, email)).ShouldBe(status, """{"status":"error","message":"…","correlationId":"…"}""");
        Emulator.Enrollments.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_secondary_address_enrols_the_contact()
    {
        var contact = AddContact("ada@example.com", secondary: "old@example.com");

        await EnrollAsync(1001, "OLD@example.com");

        Emulator.Enrollments.ShouldHaveSingleItem().ContactId.ShouldBe(contact.Id);
    }

    [Theory]
    [InlineData("/automation/v4/workflow-id-mappings/batch/read")]
    [InlineData("/automation/2026-09-beta/workflow-id-mappings/batch/read")]
    public async Task Flow_ids_are_mapped_to_workflow_ids(string path)
    {
        var answer = await PostAsync(path, """
            { "inputs": [ { "type": "FLOW_ID", "flowId": "585051946" }, { "type": "WORKFLOW_ID", "workflowId": "1002" } ] }
            """);

        answer.ShouldBe(HttpStatusCode.OK, """
            { "status":"COMPLETE",
              "results":[ { "flowId": 585051946, "workflowId": 1001 }, { "flowId": 585051947, "workflowId": 1002 } ],
              "startedAt":"…","completedAt":"…" }
            """);
    }

    [Fact]
    public async Task An_unknown_flow_is_told_in_a_207()
    {
        var answer = await PostAsync(
            "/automation/v4/workflow-id-mappings/batch/read", """{"inputs":[{"type":"FLOW_ID","flowId":"1"},{"type":"FLOW_ID","flowId":"585051948"}]}""");

        answer.ShouldBe(HttpStatusCode.MultiStatus);
        answer.Json["results"]!.AsArray().ShouldHaveSingleItem();
        answer.Json["errors"]!.AsArray().ShouldHaveSingleItem()!["subCategory"]!.GetValue<string>().ShouldBe("FLOW_NOT_FOUND_BY_FLOW_ID");
    }

    private Task<Answer> EnrollAsync(long workflowId, string email = "ada@example.com") =>
        PostAsync($"/automation/v2/workflows/{workflowId}/enrollments/contacts/{email}");
}
