//! What a check needs and does not have refuses the order.

use super::*;
