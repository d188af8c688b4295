using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using HubSpotMessaging.Contracts;

namespace HubSpotMessaging.UnitTests.Contracts.Documents;

/// <summary>What the contracts' XML documentation says of their types and properties, in the words of the wire.</summary>
internal static partial class XmlDocs
{
    private static readonly Dictionary<string, XElement> Members =
        XDocument.Load(Path.ChangeExtension(typeof(SyncContact).Assembly.Location, ".xml"))
            .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    public static string Of(Type type) => Text(Members[$"T:{type.FullName}"].Element("summary")!);

    public static string Of(FieldInfo field) => Text(Members[$"F:{field.DeclaringType!.FullName}.{field.Name}"].Element("summary")!);

    public static string Of(PropertyInfo property)
    {
        if (Members.TryGetValue($"P:{property.DeclaringType!.FullName}.{property.Name}", out var member))
            return member.Element("inheritdoc") is null ? Text(member.Element("summary")!) : Of(Inherited(property));

        // The parameter of a record, which is documented with its type.
        return Text(Members[$"T:{property.DeclaringType.FullName}"].Elements("param").Single(param => param.Attribute("name")!.Value == property.Name));
    }

    private static PropertyInfo Inherited(PropertyInfo property) =>
        property.DeclaringType!.GetInterfaces().Select(type => type.GetProperty(property.Name)).First(inherited => inherited is not null)!;

    private static string Text(XElement element) =>
        WhiteSpace().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XElement { Name.LocalName: "see" } see => Name(see.Attribute("cref")!.Value),
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => Text(other),
        XText text => text.Value,
        _ => "",
    };

    /// <summary>Of a property its name on the wire, of a list of codes what is in it, of any other type its name.</summary>
    private static string Name(string reference)
    {
        var name = reference[(reference.LastIndexOf('.') + 1)..];
        if (reference[0] == 'P')
            return $"`{JsonNamingPolicy.CamelCase.ConvertName(name)}`";
        return typeof(SyncContact).Assembly.GetType(reference[2..]) is { IsAbstract: true, IsSealed: true } codes
            ? string.Join(", ", codes.GetFields().Select(field => $"`{field.GetRawConstantValue()}`"))
            : $"`{name}`";
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex WhiteSpace();
}
