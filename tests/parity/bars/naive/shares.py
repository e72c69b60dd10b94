"""What was traded, shared among the bricks of one tick in whole units."""

from tests.parity.bars.naive.model import Bar


def shares_of(whole: Bar, number: int, count: int) -> dict[str, int]:
    """The share of brick `number` of `count`."""
    unknown = whole.volume - whole.buy_volume - whole.sell_volume
    left = {"buy": whole.buy_volume, "sell": whole.sell_volume, "unknown": unknown}
    share = {}
    for earlier in range(number + 1):
        volume = even_share(whole.volume, earlier, count)
        share = take(left, volume)
        left = {side: left[side] - share[side] for side in left}
    return {
        "volume": even_share(whole.volume, number, count),
        "notional": even_share(whole.notional, number, count),
        "buy_volume": share["buy"],
        "sell_volume": share["sell"],
    }


def even_share(total: int, number: int, count: int) -> int:
    """Rounded down, also below zero; the first so many get one more."""
    return total // count + (1 if number < total % count else 0)


def take(left: dict[str, int], volume: int) -> dict[str, int]:
    """`volume` taken of each side in proportion; what is missing one by one, in order."""
    total = sum(left.values())
    if total == 0:
        return dict.fromkeys(left, 0)
    share = {side: amount * volume // total for side, amount in left.items()}
    while sum(share.values()) < volume:
        for side, amount in left.items():
            if sum(share.values()) < volume and share[side] < amount:
                share[side] += 1
    return share
