using System.Text.Encodings.Web;

namespace HubSpotMessaging.Emulator.Control;

/// <summary>What the emulator's few pages for people have in common.</summary>
internal static class Page
{
    private const string Style = """
        :root { color-scheme: light dark; --accent: light-dark(#b3401c, #ff9a76); --line: light-dark(#d9d5d2, #4a4643);
          --ground: light-dark(#faf8f6, #1d1b1a); --card: light-dark(#fff, #282523); --quiet: light-dark(#5f5954, #b9b1aa); }
        * { box-sizing: border-box; }
        body { margin: 0; padding: 3rem 1rem; background: var(--ground); font: 1rem/1.55 system-ui, sans-serif; }
        main { max-width: 46rem; margin: auto; padding: 2rem 2.5rem; background: var(--card); border: 1px solid var(--line);
          border-radius: .75rem; }
        h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25; }
        h1 em { font-style: normal; color: var(--accent); }
        h2 { margin: 1.75rem 0 .5rem; font-size: 1.05rem; }
        a { color: var(--accent); } code, pre { font: .9em ui-monospace, monospace; }
        pre { padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--ground);
          border: 1px solid var(--line); border-radius: .5rem; }
        fieldset { margin: 1.5rem 0 0; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }
        legend { padding: 0 .4rem; font-weight: 600; }
        .account { display: flex; gap: .75rem; padding: .5rem 0; cursor: pointer; }
        .scopes { margin: 0; padding-left: 1.2rem; } .scopes code, small, .note { color: var(--quiet); }
        .buttons { display: flex; gap: .75rem; margin: 2rem 0 1rem; }
        button { padding: .65rem 1.4rem; border: 1px solid var(--accent); border-radius: .5rem; background: var(--accent);
          color: var(--card); font: inherit; font-weight: 600; cursor: pointer; }
        button.quiet { background: none; color: var(--accent); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        table { width: 100%; border-collapse: collapse; } th, td { padding: .35rem .75rem .35rem 0; text-align: left;
          vertical-align: top; border-bottom: 1px solid var(--line); }
        td.number { text-align: right; font-variant-numeric: tabular-nums; }
        """;

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    public static string Layout(string title, string main) => $$"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>{{Encode(title)}}</title>
          <style>{{Style}}</style>
        </head>
        <body><main>{{main}}</main></body>
        </html>
        """;

    public static IResult Show(string html, int statusCode = StatusCodes.Status200OK) =>
        TypedResults.Content(html, "text/html; charset=utf-8", statusCode: statusCode);
}
