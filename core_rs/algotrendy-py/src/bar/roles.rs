//! Which column plays which part, by the names that feeds give them.

use std::cmp::Ordering;
use std::collections::HashMap;

use pyo3::PyResult;

use super::refusal;

/// The parts columns play, each with its names in lower case, without blanks and punctuation. The first is its own.
const ROLES: [(&str, &[&str]); 26] = [
    (
        "time",
        &[
            "time",
            "timestamp",
            "ts",
            "datetime",
            "date",
            "eventtime",
            "tradetime",
            "tsevent",
            "indexlevel0",
        ],
    ),
    ("price", &["price", "px", "last", "lastprice", "tradeprice"]),
    ("quantity", &["quantity", "qty", "size", "amount", "lastsize", "tradesize"]),
    ("side", &["side", "aggressorside", "takerside", "aggressor"]),
    ("is_buyer_maker", &["isbuyermaker", "buyermaker"]),
    ("id", &["id", "tradeid", "tid"]),
    ("conditions", &["conditions", "condition", "saleconditions"]),
    ("bid", &["bid", "bidprice", "bidpx"]),
    ("ask", &["ask", "askprice", "askpx", "offer"]),
    ("bid_size", &["bidsize", "bidqty", "bidquantity"]),
    ("ask_size", &["asksize", "askqty", "askquantity"]),
    ("open_time", &["opentime", "opentimens"]),
    ("close_time", &["closetime", "closetimens"]),
    ("open", &["open", "o", "openprice"]),
    ("high", &["high", "h", "highprice"]),
    ("low", &["low", "l", "lowprice"]),
    ("close", &["close", "c", "closeprice"]),
    ("volume", &["volume", "v", "vol"]),
    ("notional", &["notional", "quotevolume"]),
    ("trade_count", &["tradecount", "trades", "n"]),
    ("buy_volume", &["buyvolume"]),
    ("sell_volume", &["sellvolume"]),
    ("first_trade_id", &["firsttradeid"]),
    ("last_trade_id", &["lasttradeid"]),
    ("flags", &["flags"]),
    ("symbol", &["symbol", "ticker"]),
];

/// A table's columns, and which plays which part.
#[derive(Debug)]
pub struct Layout {
    pub names: Vec<String>,
    /// Few enough that looking through them is the fastest way.
    places: Vec<(&'static str, usize)>,
}

impl Layout {
    /// Finds the parts among a table's columns.
    ///
    /// `given` says what the caller said, by part; it comes before what names tell.
    pub fn new(names: Vec<String>, given: &HashMap<String, String>) -> PyResult<Self> {
        let places = places(&names, given)?.into_iter().collect();
        Ok(Self { names, places })
    }

    /// Where a part is.
    pub fn place(&self, role: &str) -> Option<usize> {
        self.places.iter().find(|(known, _)| *known == role).map(|(_, place)| *place)
    }
}

type Places = HashMap<&'static str, usize>;

fn places(names: &[String], given: &HashMap<String, String>) -> PyResult<Places> {
    let mut places = Places::new();
    let mut is_given = vec![false; names.len()];
    for (role, name) in given {
        let Some((role, _)) = ROLES.iter().find(|(known, _)| known == role) else {
            let known: Vec<&str> = ROLES.iter().map(|(role, _)| *role).collect();
            let problem = format!("{role:?} is no part; there are {}", known.join(", "));
            return Err(refusal::columns(problem, names));
        };
        let Some(place) = names.iter().position(|known| known == name) else {
            return Err(refusal::columns(
                format!("there is no column {name:?}, given for {role}"),
                names,
            ));
        };
        is_given[place] = true;
        places.insert(role, place);
    }
    for (place, name) in names.iter().enumerate().filter(|(place, _)| !is_given[*place]) {
        let Some(role) = role_of(name, names) else { continue };
        if let Some(other) = places.get(role) {
            // An own name comes before another one, and any name before none.
            let rank = |place: usize| match names[place].as_str() {
                "__index_level_0__" => 0,
                name if name == role => 2,
                _ => 1,
            };
            match rank(*other).cmp(&rank(place)) {
                _ if given.contains_key(role) => continue,
                Ordering::Greater => continue,
                Ordering::Less => {}
                Ordering::Equal => {
                    let problem =
                        format!("{:?} and {name:?} could each be the {role}", names[*other]);
                    return Err(refusal::columns(problem, names));
                }
            }
        }
        places.insert(role, place);
    }
    Ok(places)
}

fn role_of(name: &str, names: &[String]) -> Option<&'static str> {
    if let Some((role, _)) = ROLES.iter().find(|(role, _)| *role == name) {
        return Some(as_quantity(role, names));
    }
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let (role, _) = ROLES.iter().find(|(_, aliases)| aliases.contains(&plain.as_str()))?;
    Some(as_quantity(role, names))
}

/// Beside a price, a volume is the quantity of a trade.
fn as_quantity(role: &'static str, names: &[String]) -> &'static str {
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if role == "volume" && has("price") && !has("quantity") && !has("open") {
        return "quantity";
    }
    role
}
