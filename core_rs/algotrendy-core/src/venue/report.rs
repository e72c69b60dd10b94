//! Execution reports: numbered by order, so that the same history gives the same ids.

use smol_str::SmolStrBuilder;

use super::book::Key;
use super::config::Latency;
use super::flight::Message;
use super::simulated::SimulatedVenue;
use crate::order::command::{ExecutionKind, ExecutionReport};
use crate::order::ids::{Digits, ExecutionId, OrderId, VenueOrderId};

impl SimulatedVenue {
    /// Tells the next thing of a working order; `more` adds what the report has besides its kind.
    pub(super) fn tell(
        &mut self,
        key: Key,
        kind: ExecutionKind,
        time_ns: i64,
        reports: &mut Vec<ExecutionReport>,
        more: impl FnOnce(&mut ExecutionReport),
    ) {
        let order = &mut self.book.get_mut(key).order;
        order.report_count = order.report_count.saturating_add(1);
        let make = || {
            let execution_id = numbered(order.order_id.as_str(), "-", order.report_count.into());
            let mut report = ExecutionReport::new(order.order_id.clone(), execution_id, kind);
            report.venue_order_id = Some(VenueOrderId(order.order_id.0.clone()));
            report.transact_time_ns = Some(time_ns);
            more(&mut report);
            report
        };
        if self.config.report_latency == Latency::None {
            // Extending makes the room first, so that the report can be built in it.
            reports.extend(std::iter::once_with(make));
        } else {
            let report = make();
            self.emit(report, reports);
        }
    }

    /// The refusal of a request that names no working order.
    pub(super) fn refusal(
        &mut self,
        order_id: &OrderId,
        kind: ExecutionKind,
        reason: &str,
        time_ns: i64,
    ) -> ExecutionReport {
        self.refusals += 1;
        ExecutionReport {
            reason: Some(reason.to_owned()),
            transact_time_ns: Some(time_ns),
            // Apart from the numbers of the order's own reports, which the venue no longer has.
            ..ExecutionReport::new(
                order_id.clone(),
                numbered(order_id.as_str(), "-refused-", self.refusals),
                kind,
            )
        }
    }

    /// Sends a report, which arrives at once if reports take no time.
    pub(super) fn emit(&mut self, report: ExecutionReport, reports: &mut Vec<ExecutionReport>) {
        if self.config.report_latency == Latency::None {
            reports.push(report);
            return;
        }
        let sent_ns = report.transact_time_ns.unwrap_or_default();
        let latency_ns = self.random.latency_ns(&self.config.report_latency);
        self.in_flight.push(sent_ns.saturating_add(latency_ns), Message::Report(report));
    }
}

/// `{id}{separator}{number}`, without an allocation where it fits an id in place.
#[inline]
pub(super) fn numbered(id: &str, separator: &str, number: u64) -> ExecutionId {
    // An order has few reports, whose ids end in one piece.
    const ENDS: [&str; 10] = ["-0", "-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9"];
    let mut text = SmolStrBuilder::new();
    text.push_str(id);
    match usize::try_from(number).ok().and_then(|number| ENDS.get(number)) {
        Some(end) if separator == "-" => text.push_str(end),
        _ => {
            text.push_str(separator);
            text.push_str(Digits::of(number).as_str());
        }
    }
    ExecutionId(text.finish())
}
