// Prints what is wrong with an AsyncAPI document, a line each: what its own parser says, and references that lead nowhere.
import { Parser, fromFile } from "@asyncapi/parser";

const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
for (const { severity, path, message } of diagnostics)
  console.log(`${["error", "warning", "information", "hint"][severity]} ${path.join("/")}: ${message}`);
if (document)
  console.error(`${document.channels().length} channels, ${document.operations().length} operations, ${document.allMessages().length} messages`);
