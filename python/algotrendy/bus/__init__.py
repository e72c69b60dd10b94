"""Messages between areas: events on JetStream, market data on core NATS, lock-step replay."""

from algotrendy.bus.bus import Bus, open_bus
from algotrendy.bus.event import Delivery, Event, Handler, subject_of
from algotrendy.bus.lockstep import Barrier

__all__ = ["Barrier", "Bus", "Delivery", "Event", "Handler", "open_bus", "subject_of"]
