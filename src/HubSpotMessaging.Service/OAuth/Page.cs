using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace HubSpotMessaging.Service.OAuth;

/// <summary>A small page for a person: what happened, and what to do next.</summary>
internal sealed class Page(int status, string title, params string[] paragraphs) : IResult
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c2733; --soft: #516170; --paper: #f4f6f8; --card: #ffffff; --line: #d5dce3; --accent: #b23c1b; --on: #ffffff; --good: #1c7a4a; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a7b4c0; --paper: #12181e; --card: #1b242d; --line: #33414d; --accent: #ff8f6b; --on: #12181e; --good: #5fcf97; } }
        * { box-sizing: border-box; }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif; }
        main { width: min(34rem, 100%); padding: 2.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere; }
        svg { display: block; width: 2.5rem; height: 2.5rem; margin-bottom: 1rem; fill: none; stroke: var(--accent); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
        svg.good { stroke: var(--good); } svg.locked { stroke: var(--soft); }
        h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
        p { margin: 0 0 1rem; } .refused { color: var(--accent); font-weight: 600; }
        footer { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem; }
        label { display: block; font-weight: 600; margin-bottom: .5rem; }
        input + label { margin-top: 1rem; }
        input { width: 100%; padding: .6rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: .4rem; }
        a.button, button { display: inline-block; margin-top: 1.25rem; padding: .6rem 1.1rem; font: inherit; font-weight: 600; color: var(--on); background: var(--accent); border: 0; border-radius: .4rem; text-decoration: none; cursor: pointer; }
        p:has(> a) { margin: 0; } a.button { margin-top: .5rem; } a.aside { display: inline-block; margin-top: .5rem; padding: .6rem 0; color: var(--soft); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
        @media (max-width: 30rem) { body { padding: 1rem; place-items: start stretch; } main { padding: 1.5rem 1.25rem; } a.button, button { width: 100%; text-align: center; } }
        """;

    private const string Tick = """<svg class="good" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="m7.5 12.5 3 3 6-6.5"/></svg>""";
    private const string Lock = """<svg class="locked" viewBox="3 0 24 24" aria-hidden="true"><rect x="4" y="10.5" width="16" height="10.5" rx="2"/><path d="M8 10.5V7a4 4 0 0 1 8 0v3.5"/></svg>""";
    private const string Warning = """<svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="M12 7v6m0 3.5v.1"/></svg>""";

    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    /// <summary>A link to go on with: address and words.</summary>
    public (string Address, string Words)? Next { get; init; }

    /// <summary>A quieter link, to what is not the next thing to do.</summary>
    public (string Address, string Words)? Aside { get; init; }

    /// <summary>Whether the page tells of something that wants to be mended, though the page itself is as it should be.</summary>
    public bool IsTrouble { get; init; }

    /// <summary>For whoever has to sign in first.</summary>
    public SignInForm? Form { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        SecurityHeaders.WriteTo(response, $"style-src 'sha256-{StyleHash}'; form-action 'self' {Form?.Targets}");
        return response.WriteAsync(Html(isAnswerToForm: HttpMethods.IsPost(httpContext.Request.Method)));
    }

    private string Html(bool isAnswerToForm)
    {
        var body = new StringBuilder();
        foreach (var paragraph in paragraphs)
            body.Append("<p>").Append(Escape(paragraph)).Append("</p>\n");
        body.Append(Form?.Html(keyWasRefused: isAnswerToForm));
        if (Next is { } next)
            body.Append("<p><a class=\"button\" href=\"").Append(Escape(next.Address)).Append("\">").Append(Escape(next.Words)).Append("</a></p>\n");
        if (Aside is { } aside)
            body.Append("<p><a class=\"aside\" href=\"").Append(Escape(aside.Address)).Append("\">").Append(Escape(aside.Words)).Append("</a></p>\n");

        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Escape(title)} - HubSpotMessaging</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            {Mark()}
            <h1>{Escape(title)}</h1>
            {body}<footer>HubSpotMessaging</footer>
            </main>
            </body>
            </html>
            """;
    }

    /// <summary>What the page is about, for the eye alone: the words say it too.</summary>
    private string Mark() => status switch
    {
        StatusCodes.Status200OK when !IsTrouble => Tick,
        StatusCodes.Status401Unauthorized => Lock,
        _ => Warning,
    };

    private static string Escape(string text) => HtmlEncoder.Default.Encode(text);
}
