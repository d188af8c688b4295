namespace HubSpotMessaging.Emulator.Workflows;

/// <summary>Who is in which workflow, and how it came to that.</summary>
internal sealed class EnrollmentLog(TimeProvider clock) : IResettable
{
    private readonly Lock _lock = new();
    private readonly List<Enrollment> _entries = [];
    private readonly HashSet<(long PortalId, long WorkflowId, string ContactId)> _current = [];
    private readonly HashSet<(long PortalId, long WorkflowId, string ContactId)> _ever = [];

    /// <summary>False when the enrolment has no effect: the contact is in already, or went through and may not again.</summary>
    public bool Enroll(long portalId, Workflow workflow, string contactId, string email)
    {
        var key = (portalId, workflow.Id, contactId);
        lock (_lock)
        {
            if (_current.Contains(key) || (!_ever.Add(key) && !workflow.AllowsReEnrollment)) return false;
            if (!workflow.EndsAtOnce) _current.Add(key);
            Append(portalId, workflow.Id, contactId, email, EnrollmentAction.Enrolled);
            return true;
        }
    }

    public void Unenroll(long portalId, Workflow workflow, string contactId, string email)
    {
        lock (_lock)
        {
            if (_current.Remove((portalId, workflow.Id, contactId)))
                Append(portalId, workflow.Id, contactId, email, EnrollmentAction.Unenrolled);
        }
    }

    public IReadOnlySet<long> Current(long portalId, string contactId)
    {
        lock (_lock)
        {
            return _current
                .Where(entry => entry.PortalId == portalId && entry.ContactId == contactId)
                .Select(entry => entry.WorkflowId)
                .ToHashSet();
        }
    }

    public IReadOnlyList<Enrollment> List(long? portalId = null)
    {
        lock (_lock) return [.. _entries.Where(entry => portalId is null || entry.PortalId == portalId)];
    }

    public void Reset()
    {
        lock (_lock)
        {
            _entries.Clear();
            _current.Clear();
            _ever.Clear();
        }
    }

    private void Append(long portalId, long workflowId, string contactId, string email, EnrollmentAction action) =>
        _entries.Add(new Enrollment(_entries.Count + 1, portalId, workflowId, contactId, email, clock.GetUtcNow(), action));
}
