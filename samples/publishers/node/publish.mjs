// Publishes a command to HubSpotMessaging: node publish.mjs SyncContact '{"commandId":"signup-4711","email":"ada@example.com"}'
import amqp from "amqplib";
import { randomUUID } from "node:crypto";

const connection = await amqp.connect(process.env.RABBITMQ_URI ?? "amqp://hubspot:hubspot@localhost:5672");
const channel = await connection.createConfirmChannel();

// The broker confirms also what it has no queue for; of a mandatory message it says so first.
const returned = new Set();
channel.on("return", (message) => returned.add(message.properties.messageId));
channel.on("error", () => {}); // Such as an exchange that is not there: publish rejects with it.

/** Publishes a command; when this resolves, the command is safe in its queue. */
function publish(type, command) {
  const options = {
    contentType: "application/json",
    messageId: randomUUID(), // A GUID: the command's key if it has no commandId of its own.
    timestamp: Math.floor(Date.now() / 1000), // Since when it is true, if it has no occurredAt.
    persistent: true,
    mandatory: true,
  };
  return new Promise((resolve, reject) =>
    channel.publish(`HubSpotMessaging.Contracts:${type}`, "", Buffer.from(JSON.stringify(command)), options, (error) => {
      if (error) reject(error);
      else if (returned.delete(options.messageId)) reject(new Error(`${type} has no queue: start HubSpotMessaging once on this broker.`));
      else resolve(options.messageId);
    }));
}

try {
  const [type, command] = process.argv.slice(2);
  console.log(`Published ${await publish(type, JSON.parse(command))}`);
} catch (error) {
  console.error(`Not published: ${error.message}`);
  process.exitCode = 1;
} finally {
  await connection.close();
}
