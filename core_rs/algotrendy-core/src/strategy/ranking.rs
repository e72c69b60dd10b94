//! Strategies that rank their symbols: who is held, and how much of each.

use std::cmp::Ordering;

use super::decide::{Cause, Intent, View};
use super::exits::Exits;
use super::member::Member;
use super::rule::{Rule, Signals};
use super::sizing::Amount;
use super::spec::Hold;
use super::trader::Trader;
use super::wakes::Wakes;
use crate::backtest::{FeedId, Moment, OrderNumber, RunError, Session};
use crate::order::terms::Side;
use crate::price::Quantity;

/// What is to be bought of a member that is to be held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purchase {
    place: usize,
    intent: Intent,
    /// Whether what is held too much of has been sold, or is kept.
    only_buys: bool,
}

impl Rule {
    /// Who is to be held: the places of those with the highest rank among those that may be held and have one, the highest first; equals in
    /// the order given.
    #[must_use]
    pub fn held(&self, signals: &[Signals]) -> Vec<usize> {
        let may_be_held = |place: &usize| signals[*place].entry && !signals[*place].rank.is_nan();
        let mut places: Vec<usize> = (0..signals.len()).filter(may_be_held).collect();
        let by_rank = |left: &usize, right: &usize| {
            let ranks = signals[*right].rank.partial_cmp(&signals[*left].rank);
            ranks.unwrap_or(Ordering::Equal)
        };
        places.sort_by(by_rank);
        let most = match self.spec().hold {
            None => places.len(),
            Some(Hold::Count(count)) => count,
            Some(Hold::Fraction(fraction)) => {
                let one = 10_i128.pow(fraction.scale().into());
                let share = i128::try_from(places.len())
                    .unwrap_or(i128::MAX)
                    .saturating_mul(fraction.units())
                    / one;
                usize::try_from(share).unwrap_or(usize::MAX).max(1)
            }
        };
        places.truncate(most);
        places
    }
}

impl Trader {
    /// The bars that close at a time at which there is a decision: such times are found over all members together, once all have been given
    /// their bars.
    pub(super) fn find_ranking_times(&mut self, session: &Session) {
        let until_ns = session.given_until_ns();
        let fresh = |member: &Member| {
            let (bars, first) = session.bars(member.feed);
            let from = member.due.len() - first;
            from..from + bars.close_time_ns()[from..].partition_point(|at_ns| *at_ns <= until_ns)
        };
        let mut times: Vec<(i64, i64)> = Vec::new();
        for member in &self.members {
            let ((bars, _), rows) = (session.bars(member.feed), fresh(member));
            times = union(&times, &bars.close_time_ns()[rows.clone()], &bars.open_time_ns()[rows]);
        }
        let gate = &mut self.gate;
        times.retain(|(close_ns, open_ns)| gate.push(*open_ns, *close_ns));
        for member in &mut self.members {
            let ((bars, _), rows) = (session.bars(member.feed), fresh(member));
            let mut next = 0;
            for close_ns in &bars.close_time_ns()[rows] {
                while times.get(next).is_some_and(|(time_ns, _)| time_ns < close_ns) {
                    next += 1;
                }
                member.due.push(times.get(next).is_some_and(|(time_ns, _)| time_ns == close_ns));
            }
            member.wakes = Wakes::at(member.due.clone());
        }
    }

    /// Decides who is held, at a time at which that is decided, and closes what was held for too long.
    pub(super) fn rank(
        &mut self,
        session: &mut Session,
        moment: &Moment<'_>,
    ) -> Result<(), RunError> {
        for member in &mut self.members {
            // A stop may have closed it.
            if session.position(member.instrument) == 0 && !member.is_working(session) {
                member.forget();
            }
        }
        if !moment.events.is_empty() {
            self.purchase(session)?;
        }
        let mut present: Vec<(usize, usize)> = Vec::with_capacity(moment.bars.len());
        for row in moment.bars {
            let Some(place) = self.of_feed[row.feed] else { continue };
            if self.members[place].wakes.contains(0, row.index) {
                present.push((place, row.index));
            } else {
                self.close_old(session, place, row.index)?;
            }
        }
        if present.is_empty() {
            return Ok(());
        }
        let signals: Vec<Signals> = present
            .iter()
            .map(|&(place, index)| {
                let mut signals = self.members[place].signals(&self.rule, index);
                signals.entry &= session.is_member(self.members[place].instrument);
                signals
            })
            .collect();
        let held = self.rule.held(&signals);
        let mut targets: Vec<Option<Intent>> = vec![None; self.members.len()];
        let mut is_present = vec![false; self.members.len()];
        for (place, _) in &present {
            is_present[*place] = true;
        }
        for &chosen in &held {
            let (place, index) = present[chosen];
            targets[place] = self.target(session, place, index, &signals[chosen], held.len())?;
        }
        self.purchases.clear();
        self.sales.clear();
        for (place, target) in targets.into_iter().enumerate() {
            let units = match target.map(|intent| intent.amount) {
                Some(Amount::Units(units)) => Some(units.0),
                // Known at the open.
                Some(Amount::ShareAtOpen(_) | Amount::MoneyAtOpen(_)) => None,
                None => Some(0),
            };
            let sale = units.map(|units| self.reduce(session, place, units)).transpose()?.flatten();
            // One without a bar now may not be sold for long: nobody waits for it.
            self.sales.extend(sale.filter(|_| is_present[place]));
            if let Some(intent) = target.filter(|_| sale.is_none()) {
                self.purchases.push(Purchase { place, intent, only_buys: units.is_some() });
            }
        }
        self.purchase(session)
    }

    /// Buys what is to be held, once what was sold for it has filled.
    pub(super) fn purchase(&mut self, session: &mut Session) -> Result<(), RunError> {
        self.sales
            .retain(|number| session.order(*number).is_some_and(|order| order.state.is_open()));
        if !self.sales.is_empty() || self.purchases.is_empty() {
            return Ok(());
        }
        let mut at_open = Vec::new();
        for purchase in std::mem::take(&mut self.purchases) {
            match purchase.intent.amount {
                Amount::Units(target) => self.buy(session, &purchase, target.0)?,
                Amount::ShareAtOpen(_) | Amount::MoneyAtOpen(_) => at_open.push(purchase),
            }
        }
        self.trade_at_open(session, at_open)
    }

    /// Buys up to a target, unless an order works.
    fn buy(
        &mut self,
        session: &mut Session,
        purchase: &Purchase,
        target: i64,
    ) -> Result<(), RunError> {
        let member = &mut self.members[purchase.place];
        let change = target - session.position(member.instrument);
        if change > 0 && !member.is_working(session) {
            member.send(session, &purchase.intent, change, false)?;
        }
        Ok(())
    }

    /// What is sized at the open: of those whose bars open now, sells what is held too much and, once that has filled, buys. The others wait
    /// for their opens.
    fn trade_at_open(
        &mut self,
        session: &mut Session,
        waiting: Vec<Purchase>,
    ) -> Result<(), RunError> {
        let feed = |purchase: &Purchase| self.members[purchase.place].feed;
        let (due, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|purchase| session.opens_now(feed(purchase)));
        for purchase in &later {
            session.wake_at_open(feed(purchase))?;
        }
        if due.is_empty() {
            self.purchases = later;
            return Ok(());
        }
        // All are sized by what the account is worth at the opens.
        let mut feeds: Vec<FeedId> = due.iter().map(feed).collect();
        let is_held = |member: &&Member| session.position(member.instrument) != 0;
        let held = self.members.iter().filter(is_held).map(|member| member.feed);
        feeds.extend(held.filter(|feed| session.opens_now(*feed)));
        feeds.sort_unstable();
        feeds.dedup();
        self.purchases = later;
        session.at_opens(&feeds, |session| self.trade_at_these_opens(session, &due))
    }

    fn trade_at_these_opens(
        &mut self,
        session: &mut Session,
        due: &[Purchase],
    ) -> Result<(), RunError> {
        let units = |purchase: &Purchase| {
            let member = &self.members[purchase.place];
            member.units(session, purchase.intent.amount, session.known_bars(member.feed))
        };
        let targets: Vec<i64> = due.iter().map(units).collect::<Result<_, _>>()?;
        let (mut sales, mut rest) = (Vec::new(), Vec::new());
        for (purchase, units) in due.iter().zip(targets) {
            let surplus_to = Some(units).filter(|_| !purchase.only_buys);
            let sale = surplus_to.map(|units| self.reduce(session, purchase.place, units));
            match sale.transpose()?.flatten() {
                Some(sale) => sales.push(sale),
                None => rest.push((*purchase, units)),
            }
        }
        if sales.is_empty() {
            return rest
                .into_iter()
                .try_for_each(|(purchase, units)| self.buy(session, &purchase, units));
        }
        // They pay for the others, which are sized again by what is left.
        self.sales = sales;
        let waiting =
            rest.into_iter().map(|(purchase, _)| Purchase { only_buys: true, ..purchase });
        self.purchases.extend(waiting);
        Ok(())
    }

    fn close_old(
        &mut self,
        session: &mut Session,
        place: usize,
        index: usize,
    ) -> Result<(), RunError> {
        match self.members[place].last_bar(&self.rule) {
            Some(last) if index >= last => self.reduce(session, place, 0).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// What is to be held of one of `count`.
    fn target(
        &self,
        session: &Session,
        place: usize,
        index: usize,
        signals: &Signals,
        count: usize,
    ) -> Result<Option<Intent>, RunError> {
        let member = &self.members[place];
        let instrument = session.instrument(member.instrument);
        let View { equity, price, .. } = member.view(session, index)?;
        Ok(self.rule.target(signals, count, equity, price, instrument)?)
    }

    /// Sells down to a target, unless an order works; the order. The exits of what stays are those of its last purchase.
    fn reduce(
        &mut self,
        session: &mut Session,
        place: usize,
        target: i64,
    ) -> Result<Option<OrderNumber>, RunError> {
        let member = &mut self.members[place];
        let surplus = session.position(member.instrument) - target;
        if surplus <= 0 || member.is_working(session) {
            return Ok(None);
        }
        if target == 0 {
            member.cancel_exits(session)?;
            (member.entry, member.held_from) = (None, None);
        }
        let (amount, exits) = (Amount::Units(Quantity(surplus)), Exits::default());
        let sale = Intent { side: Side::Sell, amount, cause: Cause::Rank, exits };
        member.send(session, &sale, surplus, true).map(Some)
    }
}

/// Two rows of times in order as one, each time once; the latest open of what closes then.
fn union(known: &[(i64, i64)], close_ns: &[i64], open_ns: &[i64]) -> Vec<(i64, i64)> {
    let mut merged = Vec::with_capacity(known.len().max(close_ns.len()));
    let mut others = close_ns.iter().zip(open_ns).peekable();
    for &(close, open) in known {
        while let Some((close_ns, open_ns)) = others.next_if(|(other, _)| **other < close) {
            merged.push((*close_ns, *open_ns));
        }
        let same = others.next_if(|(other, _)| **other == close);
        merged.push((close, same.map_or(open, |(_, other)| open.max(*other))));
    }
    merged.extend(others.map(|(close_ns, open_ns)| (*close_ns, *open_ns)));
    merged
}
