// Tells what became of commands: node subscribe.mjs
import amqp from "amqplib";

const outcomes = ["ContactSynced", "ContactEnrolledInWorkflow", "TimelineEventPosted", "CommandRejected"];

const connection = await amqp.connect(process.env.RABBITMQ_URI ?? "amqp://hubspot:hubspot@localhost:5672");
const channel = await connection.createChannel();

// A queue of one's own, in which events wait while this program is not there.
const { queue } = await channel.assertQueue("shop-hubspot-outcomes", { durable: true, arguments: { "x-queue-type": "quorum" } });
for (const outcome of outcomes) {
  await channel.assertExchange(`HubSpotMessaging.Contracts:${outcome}`, "fanout", { durable: true });
  await channel.bindQueue(queue, `HubSpotMessaging.Contracts:${outcome}`, "");
}

const seen = new Set(); // In a real service: in its database, with what it does.
await channel.prefetch(100);
await channel.consume(queue, (delivery) => {
  // The event is the message of MassTransit's envelope. After a crash it may come twice, with the same message id.
  const { messageId, message } = JSON.parse(delivery.content);
  if (!seen.has(messageId)) {
    seen.add(messageId);
    handle(delivery.fields.exchange.split(":")[1], message);
  }
  channel.ack(delivery);
});
console.log("Listening");

function handle(outcome, event) {
  if (outcome === "CommandRejected") {
    const fields = event.errors.map((error) => error.property).filter(Boolean).join(", ");
    console.log(`${event.commandId} rejected: ${event.category} ${fields}`);
  } else {
    console.log(`${event.commandId} done: ${outcome}`);
  }
}
