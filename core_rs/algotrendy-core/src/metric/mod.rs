//! Statistics of equity curves and round trips. `f64`; each names its convention, which is that of `algotrendy.domain.statistics`.

mod curve;
mod trades;

#[cfg(test)]
mod tests;

pub use curve::{performance, Performance, DAYS_PER_YEAR, YEAR_NS};
pub use trades::{trade_statistics, TradeStatistics};
