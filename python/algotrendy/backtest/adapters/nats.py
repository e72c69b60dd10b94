"""Events out."""

from algotrendy.api.backtest.v1.backtest_events_pb2 import BacktestCompleted
from algotrendy.backtest import codec
from algotrendy.backtest.model import Backtest
from algotrendy.bus import Bus, Event, subject_of
from algotrendy.domain.clock import Clock


class NatsEvents:
    """See `ports.Events`. A backtest completes once, so its id names the event."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def completed(self, backtest: Backtest) -> None:
        """See `ports.Events`."""
        backtest_id = backtest.backtest_id
        payload = BacktestCompleted(backtest=codec.encode_backtest(backtest))
        await self._bus.publish_event(
            Event(
                event_id=f"{backtest_id}:completed",
                type=payload.DESCRIPTOR.name,
                subject=subject_of(payload, backtest_id),
                create_time_ns=self._clock.now_ns(),
                source="backtest",
                payload=payload,
                correlation_id=backtest_id,
            )
        )
