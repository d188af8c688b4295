// Prints, as JSON, what is wrong with an AsyncAPI document (what its own parser says, and references that lead nowhere), and its channels.
import { Parser, fromFile } from "@asyncapi/parser";

const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const [error, warning] = [0, 1];
console.log(JSON.stringify({
  problems: diagnostics.filter(({ severity }) => severity === error || severity === warning)
    .map(({ path, message }) => `${path.join("/")}: ${message}`),
  channels: document?.channels().all().map((channel) => ({ id: channel.id(), amqp: channel.bindings().get("amqp")?.value() })),
}));
