//! A Python class as the engine runs it: only what it overrides is called, and what it raises arrives as it was.

use std::sync::Arc;

use algotrendy_core::backtest::{
    FeedId, InstrumentId, Moment, Row, RunError, Session, Strategy, TimerId,
};
use algotrendy_core::order::event::{Event, EventBody};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::bar::{PyStrategyBar, Values};
use super::context::PyContext;
use super::features::FeatureColumns;
use super::present::{Link, Present};
use super::program::FeatureProgram;
use super::run::RunNames;
use super::tick::{PyStrategyQuote, PyStrategyTrade, PyTimer};
use super::view::PyRunView;
use crate::trading::event::{subject, PyEvent, Subject};

/// The callbacks that a class overrides, bound to its instance.
#[allow(clippy::struct_field_names)] // As strategies name them.
struct Callbacks {
    on_start: Option<Py<PyAny>>,
    on_bar: Option<Py<PyAny>>,
    on_trade: Option<Py<PyAny>>,
    on_quote: Option<Py<PyAny>>,
    on_fill: Option<Py<PyAny>>,
    on_order: Option<Py<PyAny>>,
    on_timer: Option<Py<PyAny>>,
    on_stop: Option<Py<PyAny>>,
}

impl Callbacks {
    fn new(strategy: &Bound<'_, PyAny>, overridden: &[String]) -> PyResult<Self> {
        let bound = |name: &str| {
            let is_overridden = overridden.iter().any(|known| known == name);
            is_overridden.then(|| strategy.getattr(name).map(Bound::unbind)).transpose()
        };
        Ok(Self {
            on_start: bound("on_start")?,
            on_bar: bound("on_bar")?,
            on_trade: bound("on_trade")?,
            on_quote: bound("on_quote")?,
            on_fill: bound("on_fill")?,
            on_order: bound("on_order")?,
            on_timer: bound("on_timer")?,
            on_stop: bound("on_stop")?,
        })
    }
}

/// The arguments of `on_bar`, made anew only where somebody kept the bar.
struct HeldBar {
    bar: Py<PyStrategyBar>,
    arguments: Py<PyTuple>,
}

/// What is known of a run once it has begun.
struct Begun {
    names: Arc<RunNames>,
    context: Py<PyContext>,
    features: FeatureColumns,
    held: Vec<Option<HeldBar>>,
}

/// A Python class in a run.
pub struct ClassStrategy {
    callbacks: Callbacks,
    program: Option<FeatureProgram>,
    warm_up_bars: usize,
    link: Arc<Link>,
    begun: Option<Begun>,
    raised: Option<PyErr>,
}

/// What a callback is about.
#[derive(Clone, Copy, Default)]
struct About {
    bar: Option<(FeedId, usize)>,
    feed: Option<FeedId>,
    instrument: Option<InstrumentId>,
    is_trading: bool,
}

impl ClassStrategy {
    /// A strategy with the callbacks that it overrides and its features.
    pub fn new(
        strategy: &Bound<'_, PyAny>,
        overridden: &[String],
        program: Option<FeatureProgram>,
        warm_up_bars: usize,
    ) -> PyResult<Self> {
        let features = program.as_ref().map_or(0, FeatureProgram::warm_up);
        Ok(Self {
            callbacks: Callbacks::new(strategy, overridden)?,
            program,
            warm_up_bars: warm_up_bars.max(features),
            link: Arc::default(),
            begun: None,
            raised: None,
        })
    }

    /// What Python raised, if that is why the run ended.
    pub fn take_raised(&mut self) -> Option<PyErr> {
        self.raised.take()
    }

    fn begin(&mut self, py: Python<'_>, session: &Session) -> PyResult<()> {
        if self.begun.is_some() {
            return Ok(());
        }
        let names = Arc::new(RunNames::new(py, session, &self.link));
        let context = PyContext::new(py, PyRunView { names: Arc::clone(&names) })?;
        let feeds = session.feed_count();
        let features = self.program.as_ref().map_or(&[][..], |program| &program.names);
        self.begun = Some(Begun {
            names,
            context,
            features: FeatureColumns::new(py, features, feeds),
            held: (0..feeds).map(|_| None).collect(),
        });
        Ok(())
    }

    /// Does what may raise; what was raised is kept, and the engine is told that the strategy failed.
    fn attempt(
        &mut self,
        now_ns: i64,
        act: impl FnOnce(&mut Self, Python<'_>) -> PyResult<()>,
    ) -> Result<(), RunError> {
        Python::attach(|py| {
            act(self, py).map_err(|error| {
                let message = error.to_string();
                self.raised = Some(error);
                RunError::Strategy { time_ns: now_ns, reason: "INTERNAL", message }
            })
        })
    }

    /// The callbacks, and what a run that has begun knows.
    fn parts(&mut self) -> (&Callbacks, &mut Begun) {
        let begun = self.begun.as_mut();
        (&self.callbacks, begun.unwrap_or_else(|| unreachable!("a run begins before it goes on")))
    }

    fn call_bar(&mut self, py: Python<'_>, session: &mut Session, row: Row) -> PyResult<()> {
        let Row { feed, index } = row;
        let (bars, first) = session.bars(feed);
        let values = Values::of(bars, index - first);
        let about = About {
            bar: Some((feed, index)),
            feed: Some(feed),
            instrument: Some(session.instrument_of(feed)),
            is_trading: true,
        };
        let (callbacks, begun) = self.parts();
        let Some(on_bar) = &callbacks.on_bar else { return Ok(()) };
        let arguments = begun.arguments(py, feed, index, values)?;
        begun.during(session, about, || on_bar.bind(py).call(&arguments, None))
    }

    fn call_tick(&mut self, py: Python<'_>, session: &mut Session, row: Row) -> PyResult<()> {
        let Row { feed, index } = row;
        let (callbacks, begun) = self.parts();
        let terms = Arc::clone(&begun.names.series[feed]);
        let (callback, tick) = if let Some((trades, first)) = session.trades(feed) {
            let place = index - first;
            let side = trades.side().map_or(0, |sides| sides[place]);
            let trade = PyStrategyTrade { terms, trade: trades.trade(place), side };
            (&callbacks.on_trade, Bound::new(py, trade)?.into_any())
        } else if let Some((quotes, first)) = session.quotes(feed) {
            let quote = PyStrategyQuote { terms, quote: quotes.quote(index - first) };
            (&callbacks.on_quote, Bound::new(py, quote)?.into_any())
        } else {
            return Ok(());
        };
        let about = About {
            feed: Some(feed),
            instrument: Some(session.instrument_of(feed)),
            is_trading: true,
            ..About::default()
        };
        begun.call(py, session, about, callback.as_ref(), tick)
    }

    fn call_event(&mut self, py: Python<'_>, session: &mut Session, event: &Event) -> PyResult<()> {
        let (callbacks, begun) = self.parts();
        let callback = match callback_of(&event.body) {
            Told::Fill => &callbacks.on_fill,
            Told::Order => &callbacks.on_order,
            Told::Nobody => return Ok(()),
        };
        let instrument = match subject(&event.body) {
            Subject::Symbol(symbol) => session.find_instrument(symbol),
            // The account may have forgotten an order that has ended since.
            Subject::Order(order_id) => Session::order_number(order_id)
                .and_then(|number| session.row(number))
                .map(|row| row.instrument),
            Subject::Account => None,
        };
        let Some(instrument) = instrument else { return Ok(()) };
        let told = PyEvent::wrap(py, event.clone(), begun.names.traded[instrument].units)?;
        let about = About { instrument: Some(instrument), is_trading: true, ..About::default() };
        begun.call(py, session, about, callback.as_ref(), told.into_bound(py))
    }

    fn call_timer(&mut self, py: Python<'_>, session: &mut Session, id: TimerId) -> PyResult<()> {
        let (callbacks, begun) = self.parts();
        let name = begun.names.timer_name(id);
        let timer = Bound::new(py, PyTimer { id, name, time_ns: session.now_ns() })?;
        let about = About { is_trading: true, instrument: only(session), ..About::default() };
        begun.call(py, session, about, callbacks.on_timer.as_ref(), timer.into_any())
    }

    /// Calls `on_start` or `on_stop`, which are about nothing but the run.
    fn call_end(
        &mut self,
        session: &mut Session,
        callback: impl FnOnce(&Callbacks) -> &Option<Py<PyAny>>,
    ) -> Result<(), RunError> {
        self.attempt(session.now_ns(), |this, py| {
            this.begin(py, session)?;
            let (callbacks, begun) = this.parts();
            let Some(callback) = callback(callbacks) else { return Ok(()) };
            let about = About { instrument: only(session), ..About::default() };
            let context = begun.context.clone_ref(py);
            begun.during(session, about, || callback.call1(py, (context,)))
        })
    }
}

impl Begun {
    /// Calls a callback, in which the context leads to the session.
    fn during<R>(
        &self,
        session: &mut Session,
        about: About,
        call: impl FnOnce() -> PyResult<R>,
    ) -> PyResult<()> {
        let About { bar, feed, instrument, is_trading } = about;
        let features = &self.features;
        let mut present = Present { session, features, bar, feed, instrument, is_trading };
        self.names.link.during(&mut present, call)?;
        Ok(())
    }

    /// Calls a callback, if there is one, with what it is told.
    fn call(
        &self,
        py: Python<'_>,
        session: &mut Session,
        about: About,
        callback: Option<&Py<PyAny>>,
        told: Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let Some(callback) = callback else { return Ok(()) };
        let context = self.context.clone_ref(py);
        self.during(session, about, || callback.call1(py, (context, told)))
    }

    /// The context and the bar. The bar object is the last one's where nobody but this strategy's run holds it.
    fn arguments<'py>(
        &mut self,
        py: Python<'py>,
        feed: FeedId,
        index: usize,
        values: Values,
    ) -> PyResult<Bound<'py, PyTuple>> {
        if let Some(held) = &self.held[feed] {
            if reference_count(&held.arguments) == 1 && reference_count(&held.bar) == 2 {
                held.bar.bind(py).borrow_mut().renew(index, values);
                return Ok(held.arguments.bind(py).clone());
            }
        }
        let terms = Arc::clone(&self.names.series[feed]);
        let bar = Py::new(py, PyStrategyBar::new(terms, index, values))?;
        let arguments = PyTuple::new(py, [self.context.bind(py).as_any(), bar.bind(py).as_any()])?;
        self.held[feed] = Some(HeldBar { bar, arguments: arguments.clone().unbind() });
        Ok(arguments)
    }
}

#[allow(unsafe_code)]
fn reference_count<T>(object: &Py<T>) -> isize {
    // SAFETY: the object is alive, and reading its count changes nothing.
    unsafe { pyo3::ffi::Py_REFCNT(object.as_ptr()) }
}

/// The only instrument there is.
fn only(session: &Session) -> Option<InstrumentId> {
    (session.instrument_count() == 1).then_some(0)
}

impl Strategy for ClassStrategy {
    fn on_start(&mut self, session: &mut Session) -> Result<(), RunError> {
        self.call_end(session, |callbacks| &callbacks.on_start)
    }

    fn on_data(&mut self, session: &Session, feed: FeedId, _first: usize) -> Result<(), RunError> {
        self.attempt(session.now_ns(), |this, py| {
            this.begin(py, session)?;
            let (Some(program), Some(begun)) = (&mut this.program, &mut this.begun) else {
                return Ok(());
            };
            if program.needs_universe() {
                return Ok(());
            }
            program.extend(session, feed, begun.features.feed_mut(feed))
        })
    }

    fn on_given(&mut self, session: &Session) -> Result<(), RunError> {
        if !self.program.as_ref().is_some_and(FeatureProgram::needs_universe) {
            return Ok(());
        }
        self.attempt(session.now_ns(), |this, _| {
            let (Some(program), Some(begun)) = (&mut this.program, &mut this.begun) else {
                return Ok(());
            };
            let feeds: Vec<FeedId> =
                begun.names.traded.iter().map(|traded| traded.first_feed).collect();
            let mut values = begun.features.feeds_mut(&feeds);
            program.extend_together(session, feeds, &mut values)
        })
    }

    fn next_wake(&mut self, _session: &Session, _feed: FeedId, from: usize) -> Option<usize> {
        self.callbacks.on_bar.as_ref()?;
        Some(from.max(self.warm_up_bars))
    }

    fn next_tick(&mut self, session: &Session, feed: FeedId, from: usize) -> Option<usize> {
        let is_trades = session.trades(feed).is_some();
        let callback = if is_trades { &self.callbacks.on_trade } else { &self.callbacks.on_quote };
        callback.as_ref().map(|_| from)
    }

    fn wants_events(&self) -> bool {
        self.callbacks.on_fill.is_some() || self.callbacks.on_order.is_some()
    }

    fn on_moment(&mut self, session: &mut Session, moment: &Moment<'_>) -> Result<(), RunError> {
        self.attempt(moment.time_ns, |this, py| {
            for timer in moment.timers {
                this.call_timer(py, session, *timer)?;
            }
            for event in moment.events {
                this.call_event(py, session, event)?;
            }
            for row in moment.ticks {
                this.call_tick(py, session, *row)?;
            }
            for row in moment.bars {
                this.call_bar(py, session, *row)?;
            }
            Ok(())
        })
    }

    fn on_stop(&mut self, session: &mut Session) -> Result<(), RunError> {
        self.call_end(session, |callbacks| &callbacks.on_stop)
    }
}

enum Told {
    Fill,
    Order,
    Nobody,
}

/// Which callback an event is for. What a strategy's own requests did at once it knows from their answers.
fn callback_of(body: &EventBody) -> Told {
    match body {
        EventBody::OrderFilled(_) | EventBody::FillBusted(_) => Told::Fill,
        EventBody::OrderRejected(_)
        | EventBody::OrderAccepted(_)
        | EventBody::OrderTriggered(_)
        | EventBody::OrderReleased(_)
        | EventBody::OrderReplaced(_)
        | EventBody::ReplaceRefused(_)
        | EventBody::ReplaceRejected(_)
        | EventBody::CancelRejected(_)
        | EventBody::OrderCanceled(_)
        | EventBody::OrderExpired(_) => Told::Order,
        _ => Told::Nobody,
    }
}
