//! The page of pre-trade checks, made from their table.

use std::fmt::{self, Write};

use super::checks::{Row, Scopes, ROWS};

/// The page, as Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(HEAD);
    // Writing to a string cannot fail.
    let _ = write_rows(&mut page);
    page
}

const HEAD: &str = "\
# Pre-trade checks

Made from the table of checks of the core by `make gen`; a test keeps it current. The guide
[Orders and risk](../guides/orders-and-risk.md) says how limits are set and what refusals look like.

Every order and every replacement passes all of these, in this order. The first hard breach refuses
it; if there are only soft ones, it waits for a person's approval of the first. A limit may be set in
several scopes: each is a bound of its own, and the tightest decides. What a check needs and does not
have refuses the order: nothing passes because it could not be measured.

An order *only reduces* if it is reduce-only, or if the worst case of its side, with all open orders
filled, lies between flat and what is held.

| # | rule | reason | unit | limit set for | soft | override | refuses |
| --- | --- | --- | --- | --- | --- | --- | --- |
";

fn write_rows(page: &mut String) -> fmt::Result {
    for row in ROWS {
        let Row { number, rule, reason, unit, description, .. } = row;
        writeln!(
            page,
            "| {number} | `{rule}` | `{}` | {} | {} | {} | {} | {description} |",
            reason.name(),
            unit.name(),
            scopes(row.scopes),
            yes(row.can_be_soft()),
            yes(row.can_be_overridden()),
        )?;
    }
    Ok(())
}

const fn scopes(scopes: Scopes) -> &'static str {
    match scopes {
        Scopes::Account => "–",
        Scopes::All | Scopes::AllHard => "everybody, account, strategy, instrument",
        Scopes::Window => "account",
        Scopes::Sector => "sector",
        Scopes::Instrument => "instrument",
    }
}

const fn yes(is_so: bool) -> &'static str {
    if is_so {
        "yes"
    } else {
        "–"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_line_of_eight_cells() {
        let page = page();
        for row in ROWS {
            let start = format!("| {} | `{}` |", row.number, row.rule);
            let line = page.lines().find(|line| line.starts_with(&start)).unwrap();
            assert_eq!(line.matches('|').count(), 9, "{line}");
        }
    }
}
