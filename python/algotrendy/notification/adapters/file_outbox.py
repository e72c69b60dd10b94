"""Messages as files, one each, in the data folder's `outbox/`."""

import asyncio
import json

from algotrendy.notification.model import Message
from algotrendy.rpc.time import encode_time
from algotrendy.storage.data_folder import DataFolder


class FileOutbox:
    """See `ports.Outbox`. The file is named by the message's id and replaced whole."""

    def __init__(self, data_folder: DataFolder) -> None:
        self._data_folder = data_folder

    async def deliver(self, message: Message) -> str:
        """See `ports.Outbox`."""
        content = {
            "notification_id": message.notification_id,
            "rule_id": message.rule_id,
            "event_id": message.event_id,
            "event_type": message.event_type,
            "event_time": encode_time(message.event_time_ns).ToJsonString(),
            "text": message.text,
        }
        data = json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"
        name = f"outbox/{message.notification_id}.json"
        # The write waits for the disk; the service goes on meanwhile.
        return str(await asyncio.to_thread(self._data_folder.write, name, data))
