"""Registered models, told on the bus and in the metrics."""

from algotrendy.api.ml.v1 import model_events_pb2
from algotrendy.bus import Bus, Event, subject_of
from algotrendy.ml.codec import encode_model
from algotrendy.ml.model import Model
from algotrendy.telemetry import metrics


class BusModelEvents:
    """See `ModelEvents`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def model_registered(self, model: Model, training_id: str) -> None:
        """See `ModelEvents`."""
        metrics.MODEL_ACCURACY.labels(model.name).set(model.quality.accuracy)
        payload = model_events_pb2.ModelRegistered(model=encode_model(model))
        await self._bus.publish_event(
            Event(
                # The training's id: told again, it is still one event.
                event_id=training_id,
                type=payload.DESCRIPTOR.name,
                subject=subject_of(payload, model.name),
                create_time_ns=model.create_time_ns,
                source="ml",
                payload=payload,
            )
        )
