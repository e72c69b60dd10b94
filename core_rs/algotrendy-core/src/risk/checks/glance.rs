//! Whether a row certainly lets an order pass: a look at a number or two instead of all that the row tells.
//!
//! Nearly every order passes every row, far from its limits. What is not certain at a glance (at the limit, beyond 64 bits,
//! unknown) is left to the row, which alone refuses. Tests make both, and compare.

use super::input::{Cases, Input};
use super::order::BPS;
use crate::portfolio::cost::Cash;
use crate::risk::credit::Credit;
use crate::risk::exposure::SlotValue;
use crate::risk::limits::Limit;
use crate::risk::measure::Measure;
use crate::risk::resolved::Bound;
use crate::risk::throttle::{Counts, OwnPosition, Rates};

#[inline]
fn below(observed: i128, lowest: i64) -> bool {
    observed < i128::from(lowest)
}

/// Whether `part` × `factor` / `whole` is below a limit. `whole` is positive.
#[inline]
fn share_below(lowest: i64, (part, factor, whole): (i128, i64, i128)) -> bool {
    let (Ok(part), Ok(whole)) = (i64::try_from(part), i64::try_from(whole)) else { return false };
    // Products of two 64-bit numbers always fit.
    i128::from(part) * i128::from(factor) < i128::from(lowest) * i128::from(whole)
}

impl Input<'_> {
    /// The lowest limit of a measure that all scopes share; the largest number where nobody set one.
    #[inline]
    fn lowest(&self, measure: Measure) -> i64 {
        self.own_lowest(measure).min(self.strategy_lowest(measure))
    }

    /// The same but for the strategy.
    #[inline]
    fn own_lowest(&self, measure: Measure) -> i64 {
        self.slot.limits.bounds.lowest(measure)
    }

    #[inline]
    fn strategy_lowest(&self, measure: Measure) -> i64 {
        self.strategy.map_or(i64::MAX, |strategy| strategy.bounds.lowest(measure))
    }

    /// Whether a number of base units is below a strategy's limit, which has no scale.
    #[inline]
    fn is_below(&self, units: i128, limit: Option<Limit>) -> bool {
        let scale = self.slot.instrument.quantity_scale();
        limit.is_none_or(|limit| units < limit.value.floor_units(scale).unwrap_or(0))
    }

    /// What the strategy's own fills and orders can become, with the order.
    #[inline]
    fn own_worst(&self) -> i128 {
        let own =
            self.strategy.map_or(OwnPosition::default(), |book| book.position(self.candidate.slot));
        let cases = Cases {
            longest: own.net + own.open_buys + (self.after.longest - self.now.longest),
            shortest: own.net - own.open_sells + (self.after.shortest - self.now.shortest),
        };
        cases.worst()
    }

    /// What a sum over the instruments is with the order.
    #[inline]
    fn with_order(&self, sum: Cash, after: &SlotValue, part: fn(&SlotValue) -> Cash) -> i128 {
        sum.0 - part(&self.slot.value).0 + part(after).0
    }
}

#[inline]
pub(super) fn order_quantity(input: &Input<'_>) -> bool {
    let leaves = i128::from(input.candidate.leaves.0);
    below(leaves, input.own_lowest(Measure::OrderQuantity))
        && input.is_below(leaves, input.strategy.and_then(|strategy| strategy.order_quantity))
}

#[inline]
pub(super) fn order_notional(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    below(money.notional.0, input.lowest(Measure::OrderNotional))
}

#[inline]
pub(super) fn order_notional_minimum(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    below(-money.notional.0, input.lowest(Measure::OrderNotionalMinimum))
}

#[inline]
pub(super) fn price_collar(input: &Input<'_>) -> bool {
    let terms = input.candidate.terms;
    let price = match (terms.limit_price, terms.stop_price, &input.slot.reference) {
        (None, None, _) | (_, _, None) => return true,
        (Some(price), None, _) | (None, Some(price), _) => price,
        (Some(_), Some(_), _) => return false,
    };
    let Some(reference) = &input.slot.reference else { return true };
    let reference = i128::from(reference.price.0);
    // On its better side no price is too far.
    let distance = (i128::from(price.0) - reference).abs();
    share_below(input.lowest(Measure::PriceCollar), (distance, BPS, reference.abs().max(1)))
}

#[inline]
pub(super) fn price_move(input: &Input<'_>) -> bool {
    let moves = input.slot.activity.moves.as_ref();
    moves.and_then(|moves| moves.widest(input.time_ns)).is_some_and(|(low, high)| {
        let (low, high) = (i128::from(low.0), i128::from(high.0));
        let lowest = input.lowest(Measure::PriceMove);
        // The lowest of fewer marks is no nearer to zero than this one, unless it is on its other side.
        low > 0 && share_below(lowest, (high - low, BPS, low))
    })
}

#[inline]
pub(super) fn duplicate_terms(input: &Input<'_>) -> bool {
    input.state.throttles.recent.is_quiet(input.time_ns)
}

#[inline]
pub(super) fn order_rate(input: &Input<'_>) -> bool {
    let throttles = &input.state.throttles;
    let has_room =
        |rates: &Rates| rates.orders.as_ref().is_none_or(|window| window.has_room(input.time_ns));
    input.count_ahead() == 0
        && has_room(&throttles.global)
        && has_room(&throttles.account)
        && has_room(&input.slot.activity.rates)
        && input.strategy.is_none_or(|strategy| has_room(&strategy.rates))
}

#[inline]
pub(super) fn replace_rate(input: &Input<'_>) -> bool {
    input.replaced().is_none()
}

#[inline]
pub(super) fn order_to_trade(input: &Input<'_>) -> bool {
    let ahead = u64::from(input.count_ahead());
    let is_below = |lowest: i64, counts: &Counts| {
        let sent = i128::from(counts.messages + ahead + 1);
        sent * 100 < i128::from(lowest) * i128::from(counts.fills.max(1))
    };
    let (limits, counts) = (&input.slot.limits, &input.state.throttles.counts);
    is_below(input.own_lowest(Measure::OrderToTrade), counts)
        && is_below(limits.own_order_to_trade.lowest(), &input.slot.activity.counts)
        && input.strategy.is_none_or(|strategy| {
            is_below(strategy.bounds.lowest(Measure::OrderToTrade), &strategy.counts)
        })
}

#[inline]
pub(super) fn position_quantity(input: &Input<'_>) -> bool {
    if !below(input.after.worst(), input.own_lowest(Measure::PositionQuantity)) {
        return false;
    }
    let limit = input.strategy.and_then(|strategy| strategy.position_quantity);
    limit.is_none() || input.is_below(input.own_worst(), limit)
}

#[inline]
pub(super) fn position_notional(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    let worst = money.after.worst_notional.0;
    let strategy = input.strategy_lowest(Measure::PositionNotional);
    // What is no more than the instrument's worst case is worth no more.
    below(worst, input.own_lowest(Measure::PositionNotional).min(strategy))
        && (strategy == i64::MAX
            || !money.after.is_unvalued && input.own_worst() <= input.after.worst())
}

#[inline]
pub(super) fn open_orders(input: &Input<'_>) -> bool {
    if !input.is_new() {
        return true;
    }
    let more = i128::from(input.count_ahead()) + 1;
    let [buys, sells] = input.slot.activity.open_orders;
    let is_below = |open: usize, lowest: i64| below(open as i128 + more, lowest);
    is_below(input.state.book.open_count(), input.own_lowest(Measure::OpenOrders))
        && is_below((buys + sells) as usize, input.slot.limits.own_open_orders.lowest())
        && input.strategy.is_none_or(|strategy| {
            is_below(strategy.open_orders as usize, strategy.bounds.lowest(Measure::OpenOrders))
        })
}

#[inline]
pub(super) fn gross(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    below(gross_with(input, money.after), input.lowest(Measure::Gross))
}

#[inline]
fn gross_with(input: &Input<'_>, after: &SlotValue) -> i128 {
    let sum = input.state.totals.sums.gross_notional;
    input.with_order(sum, after, |value| value.worst_notional)
}

#[inline]
pub(super) fn net(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    let (sums, lowest) = (&input.state.totals.sums, input.lowest(Measure::Net));
    let longest =
        input.with_order(sums.longest_net_notional, money.after, |value| value.longest_notional);
    let shortest =
        input.with_order(sums.shortest_net_notional, money.after, |value| value.shortest_notional);
    below(longest.abs(), lowest) && below(shortest.abs(), lowest)
}

#[inline]
pub(super) fn leverage(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    share_of_equity_below(input, Measure::Leverage, gross_with(input, money.after))
}

#[inline]
pub(super) fn concentration(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    share_of_equity_below(input, Measure::Concentration, money.after.worst_notional.0)
}

#[inline]
fn share_of_equity_below(input: &Input<'_>, measure: Measure, part: i128) -> bool {
    input.equity().is_some_and(|equity| {
        equity.0 > 0 && share_below(input.lowest(measure), (part, BPS, equity.0))
    })
}

#[inline]
pub(super) fn sector(input: &Input<'_>) -> bool {
    let (Some(money), Some(place)) = (&input.money, input.slot.sector) else { return true };
    let sum = input.state.totals.sectors[place];
    let after = input.with_order(sum, money.after, |value| value.worst_notional);
    below(after, input.slot.limits.sector.lowest())
}

#[inline]
pub(super) fn credit(input: &Input<'_>) -> bool {
    let Some(money) = &input.money else { return true };
    let is_below = |credit: &Credit, lowest: i64| {
        let used = match credit.used() {
            [] => Some(0),
            [used] if used.currency == input.state.currency => {
                used.open.0.checked_add(used.traded.0)
            }
            _ => None,
        };
        used.and_then(|used| used.checked_add(money.credit_after))
            .is_some_and(|used| below(used, lowest))
    };
    is_below(&input.state.throttles.credit, input.own_lowest(Measure::Credit))
        && input.strategy.is_none_or(|strategy| {
            is_below(&strategy.credit, strategy.bounds.lowest(Measure::Credit))
        })
}

#[inline]
pub(super) fn volume_share(input: &Input<'_>) -> bool {
    input.slot.average_volume.is_some_and(|volume| {
        let leaves = i128::from(input.candidate.leaves.0);
        volume > 0 && share_below(input.lowest(Measure::VolumeShare), (leaves, BPS, volume.into()))
    })
}

#[inline]
pub(super) fn daily_loss(input: &Input<'_>) -> bool {
    let (Some(base), Some(equity)) = (input.state.losses.day_equity, input.equity()) else {
        return false;
    };
    let loss = base.0.checked_sub(equity.0);
    loss.is_some_and(|loss| below(loss, input.lowest(Measure::DailyLoss)))
}

#[inline]
pub(super) fn drawdown(input: &Input<'_>) -> bool {
    let (Some(peak), Some(equity)) = (input.state.losses.peak_equity, input.equity()) else {
        return false;
    };
    let loss = peak.0.checked_sub(equity.0);
    loss.is_some_and(|loss| {
        peak.0 > 0 && share_below(input.lowest(Measure::Drawdown), (loss.max(0), BPS, peak.0))
    })
}

#[inline]
pub(super) fn strategy_permission(input: &Input<'_>) -> bool {
    input.strategy.is_some_and(|strategy| strategy.may_trade_all)
}

#[inline]
pub(super) fn price_band(input: &Input<'_>) -> bool {
    input.slot.bands == (None, None)
}

#[inline]
pub(super) fn clock(input: &Input<'_>) -> bool {
    let Some(limit_ns) = input.limits.max_clock_skew_ns else { return true };
    let is_within = |ahead_ns: Option<i64>| ahead_ns.is_some_and(|ahead_ns| ahead_ns <= limit_ns);
    let now_ns = input.time_ns;
    let sent_ns = input.candidate.terms.sending_time_ns;
    let price_ns = input.slot.reference.as_ref().map(|reference| reference.price_time_ns);
    sent_ns.is_none_or(|sent_ns| {
        is_within(now_ns.checked_sub(sent_ns)) && is_within(sent_ns.checked_sub(now_ns))
    }) && price_ns.is_none_or(|price_ns| is_within(price_ns.checked_sub(now_ns)))
        && limit_ns >= 0
}

impl Bound {
    /// The lower of both; where it has more than 64 bits, the nearest number that has no more.
    #[inline]
    fn lowest(self) -> i64 {
        let lowest = self.hard.min(self.soft);
        i64::try_from(lowest).unwrap_or(if lowest > 0 { i64::MAX } else { i64::MIN })
    }
}
