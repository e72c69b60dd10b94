//! Random feeds, and strategies that do random things with them: the same things, whoever asks.

use proptest::prelude::{any, prop, prop_oneof, Just};
use proptest::strategy::Strategy as _;

use super::*;
use crate::order::order::Replacement;
use crate::order::terms::{Contingency, TimeInForce, Trail};
use crate::venue::{Fees, Latency, LimitFill, MarketFill, Slippage, VenueConfig};

/// A bar's length and gap before it, in nanoseconds, and how its prices lie around the last close.
type Drawn = (i64, i64, [i64; 4]);

/// Bars of random lengths and gaps.
pub fn some_bars(count: usize) -> impl proptest::strategy::Strategy<Value = BarColumns> {
    let bar =
        (1..90_i64, prop_oneof![3 => Just(0), 1 => 1..50_i64], [-9..10_i64, -9..10, 0..6, 0..6]);
    (0..40_i64, prop::collection::vec(bar, 1..count)).prop_map(|(begin, drawn)| made(begin, &drawn))
}

fn made(begin: i64, drawn: &[Drawn]) -> BarColumns {
    let (mut time, mut last) = (begin, 1_000_i64);
    let mut columns: [Vec<i64>; 7] = Default::default();
    for (length, gap, [jump, drift, up, down]) in drawn {
        let open = (last + jump).max(20);
        let close = (open + drift).max(20);
        let (high, low) = (open.max(close) + up, open.min(close) - down);
        let open_time = time + gap;
        time = open_time + length;
        let row = [open_time, time, open, high, low, close, 100 + up * down];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
        last = close;
    }
    BarColumns::new(columns).unwrap()
}

/// Venues that differ in when, how much and at what cost they fill.
pub fn some_venue() -> impl proptest::strategy::Strategy<Value = VenueConfig> {
    let latency = || {
        prop_oneof![
            3 => Just(Latency::None),
            1 => (1..70_i64).prop_map(|latency_ns| Latency::Fixed { latency_ns }),
        ]
    };
    let latencies = (latency(), latency(), latency());
    (any::<bool>(), any::<bool>(), any::<bool>(), latencies).prop_map(
        |(same_close, crossed, shares, (order_latency, change_latency, report_latency))| {
            VenueConfig {
                market_fill: if same_close { MarketFill::SameClose } else { MarketFill::NextOpen },
                limit_fill: if crossed { LimitFill::Crossed } else { LimitFill::Touched },
                participation: shares.then(|| "0.2".parse().unwrap()),
                slippage: Slippage::Bps("15".parse().unwrap()),
                fees: Fees::Bps("3.5".parse().unwrap()),
                order_latency,
                change_latency,
                report_latency,
                ..VenueConfig::default()
            }
        },
    )
}

/// Does things that follow from a seed, from what it sees of the account and from when it is told, and nothing else.
pub struct Seeded {
    pub seed: u64,
    /// One bar in so many wakes it.
    pub rarity: u64,
    pub events: bool,
    pub answered_ns: Option<i64>,
}

impl Seeded {
    fn draw(&self, feed: FeedId, index: u64) -> u64 {
        let mut bits = self.seed ^ (feed as u64) << 40 ^ index << 8;
        for _ in 0..3 {
            bits ^= bits >> 33;
            bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
        }
        bits ^ bits >> 29
    }

    fn act(session: &mut Session, draw: u64, instrument: usize) -> Result<(), RunError> {
        let side = if draw & 1 == 0 { Side::Buy } else { Side::Sell };
        let quantity = drawn(draw >> 8, 30) + 1;
        let Some(price) = session.price(instrument) else { return Ok(()) };
        let near = Price((price.0 + drawn(draw >> 16, 21) - 10).max(1));
        let order = NewOrder::market(instrument, side, quantity);
        match draw >> 32 & 15 {
            0..=3 => session.submit(&order).map(|_| ()),
            4 => session.submit(&order.limit(near)).map(|_| ()),
            5 => session.submit(&order.stop(near)).map(|_| ()),
            6 => session.submit(&order.trailing(Trail::Offset(Price(7)))).map(|_| ()),
            7 => {
                let end = Some(session.now_ns() + drawn(draw >> 24, 300) + 1);
                let order =
                    NewOrder { time_in_force: TimeInForce::Gtd, expire_time_ns: end, ..order };
                session.submit(&order.limit(near)).map(|_| ())
            }
            8 => session.close(instrument).map(|_| ()),
            // In another currency than the account's it is refused.
            9 => session.target_weight(instrument, 0.3).map(|_| ()).or(Ok(())),
            10 => session.target_position(instrument, quantity - 15).map(|_| ()),
            11 => session.cancel_all(None),
            12 => {
                let exit = NewOrder { side: side.opposite(), ..order.clone() };
                let (low, high) = (Price((near.0 - 5).max(1)), Price(near.0 + 12));
                let (target, stop) = if side == Side::Buy { (high, low) } else { (low, high) };
                let orders = [order.limit(near), exit.clone().limit(target), exit.stop(stop)];
                session.submit_list(Contingency::Bracket, &orders).map(|_| ())
            }
            13 => {
                let open =
                    session.state().open_orders().find(|order| order.terms.order_type.has_limit());
                let Some(number) =
                    open.and_then(|order| Session::order_number(order.terms.order_id.as_str()))
                else {
                    return Ok(());
                };
                let replacement = Replacement { limit_price: Some(near), ..Replacement::default() };
                // An order on its way to an end cannot be changed, and says so.
                let _ = session.replace(number, replacement);
                Ok(())
            }
            14 => session.set_timer(session.now_ns() + quantity * 11, None).map(|_| ()),
            _ => session.wake_at_open(session.feeds_of(instrument)[0]).or(Ok(())),
        }
    }
}

impl super::Strategy for Seeded {
    fn next_wake(&mut self, _: &Session, feed: FeedId, from: usize) -> Option<usize> {
        (from..from + 200).find(|index| self.draw(feed, *index as u64) % self.rarity == 0)
    }

    fn wants_events(&self) -> bool {
        self.events
    }

    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        for row in moment.bars {
            let draw = self.draw(row.feed, row.index as u64).rotate_left(17);
            let instrument = session.instrument_of(row.feed);
            // Also in what another feed is about, which has not been looked at for a while.
            let other =
                (instrument + usize::from(draw >> 63 == 1) + usize::from(draw >> 62 & 1 == 1))
                    % session.instrument_count();
            Self::act(session, draw, other)?;
        }
        for timer in moment.timers {
            let draw = self.draw(99, *timer);
            Self::act(session, draw, usize::from(draw & 1 == 1) % session.instrument_count())?;
        }
        let is_fill = |event: &&crate::order::Event| event.body.type_name() == "OrderFilled";
        if let Some(fill) = moment.events.iter().find(is_fill) {
            // Once at a time, because answers to fills can fill at once.
            if self.answered_ns.replace(moment.time_ns) != Some(moment.time_ns) {
                Self::act(session, self.draw(98, fill.time_ns.unsigned_abs()), 0)?;
            }
        }
        Ok(())
    }

    fn on_open(
        &mut self,
        session: &mut Session,
        feed: FeedId,
        index: usize,
    ) -> Result<(), RunError> {
        let draw = self.draw(feed + 50, index as u64);
        Self::act(session, draw, session.instrument_of(feed))
    }
}

/// A number below `bound` that follows from some bits.
fn drawn(bits: u64, bound: u32) -> i64 {
    i64::try_from(bits % u64::from(bound)).unwrap()
}
