namespace HubSpotMessaging.Emulator.Contacts;

internal sealed class PropertyRegistry(EmulatorOptions options)
    : Registry<string, PropertyDefinition>(options.Properties, property => property.Name);

internal static class PropertyNames
{
    public const string Email = "email";
    public const string AdditionalEmails = "hs_additional_emails";
    public const string ObjectId = "hs_object_id";
    public const string CreateDate = "createdate";
    public const string LastModifiedDate = "lastmodifieddate";
}

internal static class DefaultProperties
{
    public static IReadOnlyList<PropertyDefinition> All { get; } =
    [
        Text(PropertyNames.Email) with { HasUniqueValue = true },
        Text("firstname"), Text("lastname"), Text("salutation"), Text("phone"), Text("mobilephone"), Text("fax"),
        Text("company"), Text("jobtitle"), Text("address"), Text("city"), Text("state"), Text("zip"), Text("country"),
        Text("website"), Text("industry"), Text("message"), Text("twitterhandle"), Text("hs_language"), Text("hubspot_owner_id"),
        Text("customer_number") with { HasUniqueValue = true },
        Of("annualrevenue", PropertyType.Number), Of("numemployees", PropertyType.Number), Of("loyalty_points", PropertyType.Number),
        Of("hs_email_optout", PropertyType.Bool), Of("newsletter_opt_in", PropertyType.Bool),
        Of("birthday", PropertyType.Date), Of("closedate", PropertyType.DateTime),
        Of("last_order_at", PropertyType.DateTime),
        Choice(
            "lifecyclestage",
            "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other"),
        Choice(
            "hs_lead_status",
            "NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"),
        Choice("interests", "billing", "product", "support") with { AllowsSeveral = true },
        Text(PropertyNames.AdditionalEmails) with { ReadOnly = true },
        Text(PropertyNames.ObjectId) with { ReadOnly = true },
        Of(PropertyNames.CreateDate, PropertyType.DateTime) with { ReadOnly = true },
        Of(PropertyNames.LastModifiedDate, PropertyType.DateTime) with { ReadOnly = true },
    ];

    private static PropertyDefinition Text(string name) => Of(name, PropertyType.Text);

    private static PropertyDefinition Choice(string name, params IReadOnlyList<string> options) =>
        Of(name, PropertyType.Enumeration) with { Options = options };

    private static PropertyDefinition Of(string name, PropertyType type) => new() { Name = name, Type = type };
}
