//! How many random cases a test tries: few in `make test`, many more in `make soak`.

use proptest::prelude::ProptestConfig;

/// So many cases, `SOAK_FACTOR` times over where the environment sets it.
pub fn cases(count: u32) -> ProptestConfig {
    let factor = std::env::var("SOAK_FACTOR").ok().and_then(|text| text.parse().ok());
    ProptestConfig::with_cases(count.saturating_mul(factor.unwrap_or(1)))
}
