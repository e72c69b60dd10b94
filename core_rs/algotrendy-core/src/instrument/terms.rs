//! What an instrument is, as it is told, and what must hold for it to be one.

use serde::{Deserialize, Serialize};

use super::cost::{Commission, Margin};
use super::{Currency, InstrumentError, InstrumentKind};
use crate::order::ids::{CalendarId, Sector, Symbol};
use crate::price::MAX_SCALE;

/// The longest symbol, in bytes.
pub const MAX_SYMBOL_BYTES: usize = 64;

/// The terms of an instrument, unchecked: what [`Instrument::new`](super::Instrument::new) takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InstrumentTerms {
    /// The venue's name for it.
    pub symbol: Symbol,
    /// What kind of thing it is.
    pub kind: InstrumentKind,
    /// The currency of its price.
    pub currency: Currency,
    /// Prices are in units of 10^−`price_scale`.
    pub price_scale: u8,
    /// Quantities are in units of 10^−`quantity_scale`.
    pub quantity_scale: u8,
    /// The price step, in price units.
    pub tick_size: i64,
    /// The quantity step, in quantity units.
    pub lot_size: i64,
    /// Base units per contract.
    #[serde(default = "one")]
    pub multiplier: i64,
    /// Whether prices may be zero or below, as spreads and some futures are.
    #[serde(default)]
    pub allow_negative_prices: bool,
    /// What must be free to open it. Unset: its whole notional.
    #[serde(default)]
    pub initial_margin: Option<Margin>,
    /// What must stay while it is held, at most the initial margin. Unset: nothing where it is paid in full, else the initial margin.
    #[serde(default)]
    pub maintenance_margin: Option<Margin>,
    /// What a fill costs, as the account expects it. Unset: nothing.
    #[serde(default)]
    pub commission: Option<Commission>,
    /// When a FUTURE stops trading; unset: never. Others have none.
    #[serde(default)]
    pub expire_time_ns: Option<i64>,
    /// The table of its sessions; unset: its market is always open.
    #[serde(default)]
    pub calendar_id: Option<CalendarId>,
    /// The group whose exposure is limited together.
    #[serde(default)]
    pub sector: Option<Sector>,
}

fn one() -> i64 {
    1
}

impl InstrumentTerms {
    /// The initial margin, its default included.
    #[must_use]
    pub fn initial_margin_or_default(&self) -> Margin {
        self.initial_margin.unwrap_or(Margin::WHOLE_NOTIONAL)
    }

    /// The maintenance margin, its default included; none where nothing must stay.
    #[must_use]
    pub fn maintenance_margin_or_default(&self) -> Option<Margin> {
        let default = (!self.kind.is_paid_in_full()).then(|| self.initial_margin_or_default());
        self.maintenance_margin.or(default)
    }

    pub(super) fn check(&self) -> Result<(), InstrumentError> {
        check_name("symbol", self.symbol.as_str())?;
        for (field, scale) in
            [("price_scale", self.price_scale), ("quantity_scale", self.quantity_scale)]
        {
            if scale > MAX_SCALE {
                return Err(InstrumentError::new(field, &scale, "between 0 and 18"));
            }
        }
        for (field, value) in [
            ("tick_size", self.tick_size),
            ("lot_size", self.lot_size),
            ("multiplier", self.multiplier),
        ] {
            if value <= 0 {
                return Err(InstrumentError::new(field, &value, "positive"));
            }
        }
        self.check_ownership()?;
        self.check_margins()?;
        if let Some(commission) = &self.commission {
            commission.check()?;
        }
        if let Some(calendar_id) = &self.calendar_id {
            check_name("calendar_id", calendar_id.as_str())?;
        }
        if let Some(sector) = &self.sector {
            check_name("sector", sector.as_str())?;
        }
        self.check_expiry()
    }

    /// What nobody can own costs nothing to hold or to trade.
    fn check_ownership(&self) -> Result<(), InstrumentError> {
        if self.kind != InstrumentKind::Index {
            return Ok(());
        }
        for (field, is_set) in [
            ("initial_margin", self.initial_margin.is_some()),
            ("maintenance_margin", self.maintenance_margin.is_some()),
            ("commission", self.commission.is_some()),
        ] {
            if is_set {
                return Err(InstrumentError::new(field, "set", "unset for an INDEX"));
            }
        }
        Ok(())
    }

    fn check_margins(&self) -> Result<(), InstrumentError> {
        let initial = self.initial_margin_or_default();
        initial.check("initial_margin")?;
        let Some(maintenance) = self.maintenance_margin else { return Ok(()) };
        maintenance.check("maintenance_margin")?;
        match (initial, maintenance) {
            (Margin::Bps(initial), Margin::Bps(maintenance)) if maintenance <= initial => Ok(()),
            (Margin::PerContract(initial), Margin::PerContract(maintenance))
                if maintenance <= initial =>
            {
                Ok(())
            }
            _ => Err(InstrumentError::new(
                "maintenance_margin",
                &maintenance,
                "at most the initial margin, in the same unit",
            )),
        }
    }

    fn check_expiry(&self) -> Result<(), InstrumentError> {
        match self.expire_time_ns {
            Some(time_ns) if self.kind != InstrumentKind::Future => {
                Err(InstrumentError::new("expire_time_ns", &time_ns, "unset for all but a FUTURE"))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn check_name(field: &'static str, name: &str) -> Result<(), InstrumentError> {
    let is_printable = name.bytes().all(|byte| byte.is_ascii_graphic());
    if name.is_empty() || name.len() > MAX_SYMBOL_BYTES || !is_printable {
        let expected = "1 to 64 printable ASCII characters without spaces";
        return Err(InstrumentError::new(field, name, expected));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{future, index, spy};
    use super::super::{Instrument, InstrumentTerms};
    use super::*;
    use crate::decimal::Decimal;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn per_share(rate: &str, minimum: &str, maximum_bps: &str) -> Commission {
        Commission::PerShare {
            rate: decimal(rate),
            minimum: Some(decimal(minimum)),
            maximum_bps: Some(decimal(maximum_bps)),
        }
    }

    fn percentage(maker_bps: &str, taker_bps: &str) -> Commission {
        let (maker_bps, taker_bps) = (decimal(maker_bps), decimal(taker_bps));
        Commission::Percentage { maker_bps, taker_bps }
    }

    #[test]
    fn a_wrong_name_scale_or_step_is_named_with_its_value() {
        let long = "S".repeat(MAX_SYMBOL_BYTES + 1);
        let cases: [(&str, &str, InstrumentTerms); 13] = [
            ("symbol", "", InstrumentTerms { symbol: Symbol::default(), ..spy() }),
            ("symbol", "S P", InstrumentTerms { symbol: "S P".into(), ..spy() }),
            ("symbol", "SÜ", InstrumentTerms { symbol: "SÜ".into(), ..spy() }),
            ("symbol", &long, InstrumentTerms { symbol: long.as_str().into(), ..spy() }),
            ("price_scale", "19", InstrumentTerms { price_scale: 19, ..spy() }),
            ("quantity_scale", "255", InstrumentTerms { quantity_scale: 255, ..spy() }),
            ("tick_size", "0", InstrumentTerms { tick_size: 0, ..spy() }),
            ("lot_size", "-1", InstrumentTerms { lot_size: -1, ..spy() }),
            ("multiplier", "0", InstrumentTerms { multiplier: 0, ..spy() }),
            ("calendar_id", "", InstrumentTerms { calendar_id: Some("".into()), ..spy() }),
            ("sector", "a b", InstrumentTerms { sector: Some("a b".into()), ..spy() }),
            ("expire_time_ns", "1", InstrumentTerms { expire_time_ns: Some(1), ..spy() }),
            (
                "commission",
                "set",
                InstrumentTerms { commission: Some(percentage("1", "1")), ..index() },
            ),
        ];
        for (field, value, terms) in cases {
            let error = Instrument::new(terms).unwrap_err();
            assert_eq!((error.field, error.value.as_str()), (field, value));
        }
    }

    #[test]
    fn a_margin_out_of_range_or_above_the_initial_one_is_refused() {
        use Margin::{Bps, PerContract};
        let cases = [
            ("initial_margin", Some(Bps(0)), None),
            ("initial_margin", Some(Bps(10_001)), None),
            ("initial_margin", Some(PerContract(0)), None),
            ("initial_margin", Some(PerContract(-5)), None),
            ("maintenance_margin", Some(Bps(500)), Some(Bps(501))),
            ("maintenance_margin", Some(Bps(500)), Some(Bps(0))),
            ("maintenance_margin", Some(PerContract(100)), Some(PerContract(101))),
            ("maintenance_margin", Some(PerContract(100)), Some(Bps(1))),
            ("maintenance_margin", None, Some(PerContract(1))),
        ];
        for (field, initial_margin, maintenance_margin) in cases {
            let terms = InstrumentTerms { initial_margin, maintenance_margin, ..future() };
            assert_eq!(Instrument::new(terms).unwrap_err().field, field);
        }
    }

    #[test]
    fn margins_default_to_the_whole_notional_and_to_nothing_that_must_stay_where_it_is_paid() {
        let unset = InstrumentTerms { initial_margin: None, maintenance_margin: None, ..future() };
        let future = Instrument::new(unset).unwrap();
        assert_eq!(future.initial_margin(), Margin::WHOLE_NOTIONAL);
        assert_eq!(future.maintenance_margin(), Some(Margin::WHOLE_NOTIONAL));
        let share = Instrument::new(spy()).unwrap();
        assert_eq!(share.initial_margin(), Margin::WHOLE_NOTIONAL);
        assert_eq!(share.maintenance_margin(), None);
    }

    #[test]
    fn a_commission_out_of_range_is_refused() {
        let cases = [
            ("commission.rate", per_share("-0.01", "1", "100")),
            ("commission.minimum", per_share("0.01", "-1", "100")),
            ("commission.maximum_bps", per_share("0.01", "1", "0")),
            ("commission.maximum_bps", per_share("0.01", "1", "10000.1")),
            ("commission.rate", Commission::PerContract { rate: decimal("-1") }),
            ("commission.maker_bps", percentage("-10001", "1")),
            ("commission.taker_bps", percentage("1", "10000.01")),
        ];
        for (field, commission) in cases {
            let terms = InstrumentTerms { commission: Some(commission), ..spy() };
            assert_eq!(Instrument::new(terms).unwrap_err().field, field);
        }
        for commission in [per_share("0", "0", "10000"), percentage("-1.5", "10000")] {
            let terms = InstrumentTerms { commission: Some(commission), ..spy() };
            assert!(Instrument::new(terms).is_ok());
        }
    }

    #[test]
    fn an_instrument_is_read_back_from_its_map_and_a_wrong_one_is_not() {
        let instrument = Instrument::new(future()).unwrap();
        let bytes = rmp_serde::to_vec_named(&instrument).unwrap();
        assert_eq!(rmp_serde::from_slice::<Instrument>(&bytes).unwrap(), instrument);
        let wrong = InstrumentTerms { lot_size: 0, ..future() };
        let bytes = rmp_serde::to_vec_named(&wrong).unwrap();
        assert!(rmp_serde::from_slice::<Instrument>(&bytes).is_err());
    }
}
