"""Publishes a command to HubSpotMessaging: python3 publish.py SyncContact '{"commandId":"signup-4711","email":"ada@example.com"}'"""
import json
import os
import sys
import time
import uuid

import pika
from pika.exceptions import AMQPError


def publish(channel, command_type, command):
    """Publishes a command; when this returns, the command is safe in its queue."""
    message_id = str(uuid.uuid4())  # A GUID: the command's key if it has no commandId of its own.
    channel.basic_publish(
        exchange=f"HubSpotMessaging.Contracts:{command_type}",
        routing_key="",
        body=json.dumps(command).encode(),
        properties=pika.BasicProperties(
            content_type="application/json",
            delivery_mode=2,  # Persistent.
            message_id=message_id,
            timestamp=int(time.time()),  # Since when it is true, if it has no occurredAt.
        ),
        mandatory=True,  # Or the broker would confirm also what it has no queue for.
    )
    return message_id


def main(command_type, command):
    uri = os.environ.get("RABBITMQ_URI", "amqp://hubspot:hubspot@localhost:5672")
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    try:
        channel = connection.channel()
        channel.confirm_delivery()  # From here on basic_publish waits for the broker, and raises what goes wrong.
        print("Published", publish(channel, command_type, json.loads(command)))
    except AMQPError as error:
        sys.exit(f"Not published: {error!r}")
    finally:
        if connection.is_open:
            connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
