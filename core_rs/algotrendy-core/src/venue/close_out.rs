//! Positions that end otherwise than by orders at the venue: their instrument stops trading, or a simulation ends.

use std::collections::VecDeque;

use super::error::VenueError;
use super::fee;
use super::pricing::{self, Taken};
use super::report::numbered;
use super::simulated::SimulatedVenue;
use super::simulation::{Simulation, SimulationError};
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::event::Event;
use crate::order::ids::{ExecutionId, OrderId, Symbol};
use crate::order::state::{ReferencePrice, State};
use crate::order::terms::{OrderTerms, Side};
use crate::portfolio::commission::{Charged, Liquidity};
use crate::price::{NumberError, Price, Quantity};

/// What closing costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Costs {
    /// Nothing: what was held is paid out.
    None,
    /// What the venue's spread, slippage and fees make of a market order.
    AsConfigured,
}

impl SimulatedVenue {
    /// The same venue, remembering of each fill whether it made liquidity, until [`Simulation::told`] is asked.
    #[must_use]
    pub fn telling_liquidity(mut self) -> Self {
        self.tells_liquidity = true;
        self
    }

    /// Remembers whether a fill made liquidity, if that is asked for.
    pub(super) fn note_liquidity(&mut self, is_maker: bool) {
        if self.tells_liquidity {
            self.makers.push_back(is_maker);
        }
    }

    /// What a market order gets or pays around `price`, where no volume limits it, and its fee.
    pub(crate) fn taker_terms(
        &self,
        symbol: &Symbol,
        (side, quantity): (Side, Quantity),
        price: Price,
    ) -> Result<(Price, i64), VenueError> {
        let unknown = || VenueError::UnknownInstrument { symbol: symbol.to_string() };
        let market = self.markets.get(symbol).ok_or_else(unknown)?;
        let taken = Taken { quantity, total: quantity.0, volume: 0 };
        let impact = pricing::impact(&self.config, market.root_factor, taken, false)?;
        let price = pricing::worse(&market.instrument, side, price, impact)?;
        let (fees, mut charged) = (self.config.fees, Charged::default());
        let traded = (quantity, price);
        let fee = fee::fee(fees, &market.instrument, &mut charged, traded, Liquidity::Taker)?;
        Ok((price, fee))
    }
}

impl Simulation {
    /// The account, what the last call led to, and whether each fill that was not asked for yet made liquidity, the first
    /// first: of a venue that [tells it](SimulatedVenue::telling_liquidity).
    pub fn told(&mut self) -> (&State, &[Event], &mut VecDeque<bool>) {
        (&self.state, &self.decision.events, &mut self.venue.makers)
    }

    /// Closes what is held of an instrument at `price`, whatever limits say, by an order that the venue does not see. The
    /// instrument's open orders stay.
    ///
    /// # Errors
    /// [`SimulationError`] if the instrument is unknown or a number leaves its range.
    pub fn close_out(
        &mut self,
        symbol: &Symbol,
        order_id: &OrderId,
        price: Price,
        costs: Costs,
        time_ns: i64,
    ) -> Result<(), SimulationError> {
        self.begin();
        self.pass(time_ns)?;
        let held = self.state.position(symbol.as_str()).map_or(0, |held| held.quantity.0);
        if held == 0 {
            return Ok(());
        }
        let side = if held > 0 { Side::Sell } else { Side::Buy };
        let overflow = NumberError::Overflow { quantity: "position" };
        let quantity = Quantity(held.checked_abs().ok_or(overflow)?);
        let (price, fee) = match costs {
            Costs::None => (price, 0),
            Costs::AsConfigured => self.venue.taker_terms(symbol, (side, quantity), price)?,
        };
        let ids = (order_id.clone(), order_id.as_str().into());
        let terms = OrderTerms::closing(ids, symbol.clone(), side, quantity, None);
        let result = self.take_close(&terms, price, fee);
        self.state.value_stale();
        result?;
        self.routed = self.decision.events.len();
        Ok(self.venue.set_position(symbol.as_str(), Quantity::ZERO)?)
    }

    /// Creates, sends, accepts and fills an order that the venue does not see.
    fn take_close(
        &mut self,
        terms: &OrderTerms,
        price: Price,
        fee: i64,
    ) -> Result<(), SimulationError> {
        let (order_id, quantity) = (&terms.order_id, terms.quantity);
        self.state.create_unchecked_behind(terms, self.time_ns, &mut self.decision)?;
        let report = |kind, number| {
            let execution_id = match number {
                0 => ExecutionId::default(),
                _ => numbered(order_id.as_str(), "-", number),
            };
            ExecutionReport::new(order_id.clone(), execution_id, kind)
        };
        self.venue.note_liquidity(false);
        for report in [
            report(ExecutionKind::Sent, 0),
            report(ExecutionKind::Accepted, 1),
            ExecutionReport { quantity, price, fee, ..report(ExecutionKind::Fill, 2) },
        ] {
            self.state.report_behind(&report, self.time_ns, &mut self.decision)?;
        }
        Ok(())
    }

    /// The reference price of an instrument.
    pub(crate) fn reference(&self, symbol: &Symbol) -> Option<ReferencePrice> {
        self.state.reference_price(symbol.as_str()).cloned()
    }

    /// Makes the reference price what it was, as if none had been marked since.
    pub(crate) fn restore_reference(&mut self, symbol: &Symbol, reference: ReferencePrice) {
        if let Some((index, _, slot)) = self.state.slots.get_full_mut(symbol) {
            slot.reference = Some(reference);
            self.state.refresh(u32::try_from(index).unwrap_or(u32::MAX));
        }
    }
}
