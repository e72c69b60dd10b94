"""Keeps strategies, deploys them on accounts, and hands market data to those that run."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, DeploymentId, StrategyId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.requests import Requests
from algotrendy.domain.strategy import SizeAt, StrategySpec
from algotrendy.domain.tick import Ticks
from algotrendy.errors import (
    AlgoTrendyError,
    DeploymentNotFoundError,
    InsufficientDataError,
    InvalidArgumentError,
    StrategyNotFoundError,
    StrategyUnsupportedError,
    UnavailableError,
)
from algotrendy.strategy.followers import Follower, OrderNews
from algotrendy.strategy.live import LiveDeployment
from algotrendy.strategy.model import (
    Deployment,
    DeploymentState,
    OpenedBar,
    Strategy,
)
from algotrendy.strategy.moment import Gathering, Moment, PublishedBar
from algotrendy.strategy.ports import (
    Accounts,
    Events,
    MarketData,
    Models,
    Observer,
    Repository,
    Stopwatch,
)
from algotrendy.strategy.rule import Rule, load_rule

FOLLOWED_LIMIT = 1000


class StrategyService:
    """The use cases of the strategy area."""

    def __init__(
        self,
        *,
        repository: Repository,
        requests: Requests,
        models: Models,
        market_data: MarketData,
        accounts: Accounts,
        events: Events,
        observer: Observer,
        clock: Clock,
        stopwatch: Stopwatch,
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._repository = repository
        self._requests = requests
        self._models = models
        self._market_data = market_data
        self._accounts = accounts
        self._events = events
        self._observer = observer
        self._clock = clock
        self._stopwatch = stopwatch
        self._make_id = make_id
        # Also those that ended in this process: their latencies are still exact.
        self._live: dict[DeploymentId, LiveDeployment] = {}
        self._deploying = asyncio.Lock()
        self._followers: list[Follower] = []
        self._gathering = Gathering(self._decide)

    async def create(
        self, request_id: str, fingerprint: bytes, display_name: str, spec: StrategySpec
    ) -> Strategy:
        """Store a strategy whose expressions can be decided by, and whose symbols exist."""
        strategy_id = StrategyId(
            await self._requests.reserve(request_id, fingerprint, self._make_id())
        )
        if found := await self._repository.find_strategy(strategy_id):
            return found
        strategy = Strategy(strategy_id, display_name, spec, self._clock.now_ns())
        if not spec.symbols:
            raise InvalidArgumentError(
                "symbols is empty; a deployment needs them named.", field="symbols", value=""
            )
        await load_rule(spec, self._models)
        for symbol in spec.symbols:
            await self._market_data.instrument(symbol)
        await self._repository.add_strategy(strategy)
        return strategy

    async def get(self, strategy_id: StrategyId) -> Strategy:
        """Return a strategy; raise `StrategyNotFoundError` where there is none."""
        strategy = await self._repository.find_strategy(strategy_id)
        if strategy is None:
            raise StrategyNotFoundError(
                f"No strategy has the id {strategy_id!r}.", strategy_id=strategy_id
            )
        return strategy

    async def page(self, count: int, before: StrategyId | None) -> list[Strategy]:
        """Return up to `count` strategies older than `before`, newest first."""
        return await self._repository.list_strategies(count, before)

    async def deploy(
        self,
        request_id: str,
        fingerprint: bytes,
        strategy_id: StrategyId,
        account_id: AccountId,
        start_time_ns: int | None,
    ) -> Deployment:
        """Start a strategy on an account; it decides on bars that open at `start_time_ns` or later.

        None starts after the last stored bar.
        """
        # One at a time: a request that is repeated while it runs must not deploy twice.
        async with self._deploying:
            return await self._deploy(
                request_id, fingerprint, strategy_id, account_id, start_time_ns
            )

    async def _deploy(
        self,
        request_id: str,
        fingerprint: bytes,
        strategy_id: StrategyId,
        account_id: AccountId,
        start_time_ns: int | None,
    ) -> Deployment:
        deployment_id = DeploymentId(
            await self._requests.reserve(request_id, fingerprint, self._make_id())
        )
        if stored := await self._repository.find_deployment(deployment_id):
            return await self._take_up(stored)
        strategy = await self.get(strategy_id)
        rule = await load_rule(strategy.spec, self._models)
        _require_sized(rule)
        series = [
            await self._market_data.bars(symbol, None, None) for symbol in strategy.spec.symbols
        ]
        if start_time_ns is None:
            start_time_ns = _after_last_bar(series)
        _require_told([bars.instrument for bars in series], rule)
        for bars in series:
            _require_warm_up(rule, bars, start_time_ns)
            _require_out_of_sample(rule, bars, start_time_ns)
        deployment = Deployment(
            deployment_id,
            strategy_id,
            account_id,
            DeploymentState.ACTIVE,
            start_time_ns,
            create_time_ns=self._clock.now_ns(),
        )
        await self._accounts.register_instruments(account_id, [bars.instrument for bars in series])
        live = await self._start(deployment, strategy, rule)
        await self._repository.add_deployment(deployment)
        self._live[deployment_id] = live
        await self._events.activated(deployment)
        return live.deployment

    async def _take_up(self, stored: Deployment) -> Deployment:
        """Return a stored deployment; run it where the call that stored it was cut off."""
        if stored.deployment_id not in self._live and stored.state is DeploymentState.ACTIVE:
            live = await self._load(stored)
            self._live[stored.deployment_id] = live
            await self._events.activated(stored)
        return await self.get_deployment(stored.deployment_id)

    async def get_deployment(self, deployment_id: DeploymentId) -> Deployment:
        """Return a deployment; raise `DeploymentNotFoundError` where there is none."""
        if live := self._live.get(deployment_id):
            return live.deployment
        deployment = await self._repository.find_deployment(deployment_id)
        if deployment is None:
            raise DeploymentNotFoundError(
                f"No deployment has the id {deployment_id!r}.", deployment_id=deployment_id
            )
        return deployment

    async def stop(self, deployment_id: DeploymentId) -> Deployment:
        """End a deployment; one that has ended stays as it is."""
        deployment = await self.get_deployment(deployment_id)
        live = self._live.get(deployment_id)
        if live is not None:
            await live.stop()
            return live.deployment
        return deployment

    async def resume(self) -> None:
        """Take up the deployments that ran when the process ended.

        One that cannot run any more fails; that another area does not answer yet is raised.
        """
        for deployment in await self._repository.active_deployments():
            try:
                live = await self._load(deployment)
            except UnavailableError:
                raise
            except AlgoTrendyError as error:
                failed = deployment.failed(f"It could not resume: {error}")
                await self._repository.save_deployment(failed)
                await self._events.deactivated(failed)
            else:
                self._live[deployment.deployment_id] = live

    async def close(self) -> None:
        """Wait for the bars that are being decided on."""
        await asyncio.gather(*(live.drain() for live in self._live.values()))

    @asynccontextmanager
    async def follow(
        self,
        symbols: Sequence[str],
        account_id: AccountId | None,
        *,
        follows_ticks: bool = False,
    ) -> AsyncIterator[Follower]:
        """Tell a caller of bars, perhaps of ticks, and of an account's orders, for the block."""
        if not 0 < len(set(symbols)) == len(symbols) <= FOLLOWED_LIMIT:
            raise InvalidArgumentError(
                f"symbols are {len(symbols)}; expected 1 to {FOLLOWED_LIMIT}, each once.",
                field="symbols",
                value=",".join(symbols),
            )
        instruments = {symbol: await self._market_data.instrument(symbol) for symbol in symbols}
        follower = Follower(instruments, account_id, follows_ticks=follows_ticks)
        self._followers.append(follower)
        try:
            yield follower
        finally:
            self._followers.remove(follower)
            follower.go()

    async def on_order(self, account_id: AccountId, happening: Fill | OrderNews) -> None:
        """Let those who trade an account, or follow it, learn what became of an order."""
        for live in list(self._live.values()):
            if live.deployment.account_id != account_id:
                continue
            if isinstance(happening, Fill):
                await live.on_fill(happening)
            else:
                await live.on_news()
        for follower in list(self._followers):
            if follower.account_id == account_id:
                # Who has gone away has nothing to react with: the event is dealt with.
                with suppress(UnavailableError):
                    await follower.tell(happening)

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the instrument if an active deployment trades it, or somebody follows it."""
        for follower in self._followers:
            if symbol in follower.instruments:
                return follower.instruments[symbol]
        for live in self._live.values():
            if live.is_active and symbol in live.instruments:
                return live.instruments[symbol]
        return None

    async def on_time(self, time_ns: int, opened: OpenedBar | None) -> None:
        """Let those who wait for a time, or for an open, act before the market goes on."""
        errors: list[Exception] = []
        while due := [
            (follower.wake_time_ns, place)
            for place, follower in enumerate(self._followers)
            if follower.wake_time_ns is not None and follower.wake_time_ns <= time_ns
        ]:
            due_ns, place = min(due)
            try:
                await self._wake(self._followers[place], due_ns)
            except UnavailableError as error:
                errors.append(error)
        for live in list(self._live.values()):
            try:
                if await live.on_time(time_ns, opened):
                    await self._events.rest()
            except Exception as error:  # noqa: BLE001  # It has ended that deployment already.
                errors.append(error)
        if errors:
            raise errors[0]

    async def _wake(self, follower: Follower, time_ns: int) -> None:
        # Whatever it sends is sent then.
        if follower.account_id is not None:
            await self._events.time_passed(follower.account_id, time_ns)
        await follower.wake(time_ns)
        # What comes of that is known before the market goes on.
        await self._events.rest()

    async def on_ticks(self, ticks: Ticks | None, following_count: int = 0) -> None:
        """Take trades and quotes, None where nobody trades them; as `on_bar`, which comes after."""
        await self._gathering.take(ticks, following_count)

    async def on_bar(self, bar: Bar | None, publish_time_ns: int, following_count: int = 0) -> None:
        """Take a finished bar, None where nobody trades it, and decide once its moment is complete.

        Every active deployment decides, oldest first, then who follows. One's failure does not
        keep the bars from the others; the first is raised.
        """
        published = None if bar is None else PublishedBar(bar, publish_time_ns)
        await self._gathering.take(published, following_count)

    async def _decide(self, moment: Moment) -> None:
        errors: list[Exception] = []
        for live in list(self._live.values()):
            try:
                await live.on_moment(moment)
            except Exception as error:  # noqa: BLE001  # It has ended that deployment already.
                errors.append(error)
        for follower in list(self._followers):
            try:
                await follower.tell_moment(moment)
            except UnavailableError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    async def _load(self, deployment: Deployment) -> LiveDeployment:
        strategy = await self.get(deployment.strategy_id)
        return await self._start(deployment, strategy, await load_rule(strategy.spec, self._models))

    async def _start(
        self, deployment: Deployment, strategy: Strategy, rule: Rule
    ) -> LiveDeployment:
        instruments = {
            symbol: await self._market_data.instrument(symbol) for symbol in strategy.spec.symbols
        }
        live = LiveDeployment(
            deployment,
            rule,
            instruments,
            market_data=self._market_data,
            accounts=self._accounts,
            repository=self._repository,
            events=self._events,
            observer=self._observer,
            clock=self._clock,
            stopwatch=self._stopwatch,
        )
        await live.warm_up()
        return live


def _after_last_bar(series: list[BarColumns]) -> int:
    return max((int(bars.close_time_ns[-1]) for bars in series if len(bars)), default=0)


def _require_told(instruments: Sequence[Instrument], rule: Rule) -> None:
    """Refuse what reads other series than intervals of the symbols' own bars: nobody tells them."""
    if rule.needs_universe:
        rule.universe(instruments, 0)
    else:
        rule.stream(instruments[0], 0)


def _require_sized(rule: Rule) -> None:
    """Refuse a rank that is sized at the next open: opens are told one after the other."""
    if rule.is_ranking and rule.spec.size_at is SizeAt.NEXT_OPEN:
        raise StrategyUnsupportedError(
            "size_at is next_open with a rank, which sells and buys at opens that are told one "
            "after the other; expected close.",
            field="size_at",
            value="next_open",
        )


def _require_warm_up(rule: Rule, bars: BarColumns, start_time_ns: int) -> None:
    """Refuse a start at which the expressions would have no value yet."""
    count = len(bars.between(None, start_time_ns))
    if count < rule.warm_up:
        symbol = bars.instrument.symbol
        raise InsufficientDataError(
            f"{symbol} has {count} bars before start_time; the expressions need {rule.warm_up}.",
            symbol=symbol,
            bar_count=str(count),
            expected=str(rule.warm_up),
        )


def _require_out_of_sample(rule: Rule, bars: BarColumns, start_time_ns: int) -> None:
    """Refuse a start that would trade a bar of a model's training."""
    stored = bars.between(start_time_ns, None)
    first_close_time_ns = int(stored.close_time_ns[0]) if len(stored) else start_time_ns + 1
    rule.require_out_of_sample(bars.instrument.symbol, first_close_time_ns)
