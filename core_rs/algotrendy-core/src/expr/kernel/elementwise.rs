//! Operations whose value depends on its own bar alone.

use crate::expr::op::Op;

use super::finite;

/// The value of an elementwise operation; operands that it does not take are ignored.
#[must_use]
pub fn elementwise(op: Op, values: [f64; 3]) -> f64 {
    dispatch(op, One(values))
}

/// The values of an elementwise operation at every bar of a block.
pub fn elementwise_run(op: Op, operands: &[&[f64]], out: &mut [f64]) {
    dispatch(op, Block { operands, out });
}

/// What to do with the function of an operation.
trait Visitor {
    type Output;
    fn unary(self, function: impl Fn(f64) -> f64) -> Self::Output;
    fn binary(self, function: impl Fn(f64, f64) -> f64) -> Self::Output;
    fn ternary(self, function: impl Fn(f64, f64, f64) -> f64) -> Self::Output;
}

struct One([f64; 3]);

impl Visitor for One {
    type Output = f64;

    fn unary(self, function: impl Fn(f64) -> f64) -> f64 {
        finite(function(self.0[0]))
    }

    fn binary(self, function: impl Fn(f64, f64) -> f64) -> f64 {
        finite(function(self.0[0], self.0[1]))
    }

    fn ternary(self, function: impl Fn(f64, f64, f64) -> f64) -> f64 {
        finite(function(self.0[0], self.0[1], self.0[2]))
    }
}

struct Block<'a> {
    operands: &'a [&'a [f64]],
    out: &'a mut [f64],
}

impl Visitor for Block<'_> {
    type Output = ();

    fn unary(self, function: impl Fn(f64) -> f64) {
        for (out, &a) in self.out.iter_mut().zip(self.operands[0]) {
            *out = finite(function(a));
        }
    }

    fn binary(self, function: impl Fn(f64, f64) -> f64) {
        let operands = self.operands[0].iter().zip(self.operands[1]);
        for (out, (&a, &b)) in self.out.iter_mut().zip(operands) {
            *out = finite(function(a, b));
        }
    }

    fn ternary(self, function: impl Fn(f64, f64, f64) -> f64) {
        let operands = self.operands[0].iter().zip(self.operands[1]).zip(self.operands[2]);
        for (out, ((&a, &b), &c)) in self.out.iter_mut().zip(operands) {
            *out = finite(function(a, b, c));
        }
    }
}

#[inline]
fn dispatch<V: Visitor>(op: Op, visitor: V) -> V::Output {
    match op {
        Op::Add => visitor.binary(|a, b| a + b),
        Op::Subtract => visitor.binary(|a, b| a - b),
        Op::Multiply => visitor.binary(|a, b| a * b),
        Op::Divide => visitor.binary(|a, b| a / b),
        Op::Remainder => visitor.binary(remainder),
        Op::Power => visitor.binary(power),
        Op::Minimum => visitor.binary(minimum),
        Op::Maximum => visitor.binary(maximum),
        Op::Less => visitor.binary(|a, b| known(a, b, a < b)),
        Op::LessEqual => visitor.binary(|a, b| known(a, b, a <= b)),
        Op::Equal => visitor.binary(|a, b| known(a, b, equal(a, b))),
        Op::NotEqual => visitor.binary(|a, b| known(a, b, !equal(a, b))),
        Op::And => visitor.binary(and),
        Op::Or => visitor.binary(|a, b| not(and(not(a), not(b)))),
        Op::Coalesce => visitor.binary(|a, b| if a.is_nan() { b } else { a }),
        Op::Negate => visitor.unary(|a| -a),
        Op::Abs => visitor.unary(f64::abs),
        Op::Sign => visitor.unary(|a| known(a, a, a > 0.0) - known(a, a, a < 0.0)),
        Op::Sqrt => visitor.unary(f64::sqrt),
        Op::Exp => visitor.unary(libm::exp),
        Op::Log => visitor.unary(libm::log),
        Op::Floor => visitor.unary(f64::floor),
        Op::Ceil => visitor.unary(f64::ceil),
        Op::Round => visitor.unary(f64::round_ties_even),
        Op::Not => visitor.unary(not),
        Op::IsNull => visitor.unary(|a| f64::from(a.is_nan())),
        Op::Where => visitor.ternary(choose),
        _ => unreachable!("{op:?} is not elementwise"),
    }
}

/// A truth about two values, null if one of them is.
#[inline]
fn known(a: f64, b: f64, truth: bool) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        f64::from(truth)
    }
}

#[inline]
#[allow(clippy::float_cmp)] // `==` of the language is equality of numbers.
fn equal(a: f64, b: f64) -> bool {
    a == b
}

#[inline]
fn remainder(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) {
        remainder + b
    } else {
        remainder
    }
}

/// Squares and roots as products and square roots, which every machine rounds alike.
#[inline]
#[allow(clippy::float_cmp)] // Exactly these exponents.
fn power(a: f64, b: f64) -> f64 {
    if b == 2.0 {
        a * a
    } else if b == 0.5 {
        a.sqrt()
    } else if a.is_nan() || b.is_nan() {
        // IEEE 754 knows `x ** 0` and `1 ** x` even of an unknown x.
        f64::NAN
    } else {
        libm::pow(a, b)
    }
}

#[inline]
fn minimum(a: f64, b: f64) -> f64 {
    if a <= b || a.is_nan() {
        a
    } else {
        b
    }
}

#[inline]
fn maximum(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() {
        a
    } else {
        b
    }
}

#[inline]
fn and(a: f64, b: f64) -> f64 {
    let is_false = a == 0.0 || b == 0.0;
    let is_null = a.is_nan() || b.is_nan();
    let otherwise = if is_null { f64::NAN } else { 1.0 };
    if is_false {
        0.0
    } else {
        otherwise
    }
}

#[inline]
fn not(a: f64) -> f64 {
    known(a, a, a == 0.0)
}

#[inline]
fn choose(condition: f64, then: f64, otherwise: f64) -> f64 {
    let chosen = if condition == 0.0 { otherwise } else { then };
    if condition.is_nan() {
        f64::NAN
    } else {
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::kernel::testing::NAN;

    /// NaN equals NaN here.
    fn assert_value(op: Op, operands: &[f64], expected: f64) {
        let mut values = [NAN; 3];
        values[..operands.len()].copy_from_slice(operands);
        let value = elementwise(op, values);
        assert_eq!(value.is_nan(), expected.is_nan(), "{op:?} of {operands:?} is {value}");
        assert!(value.is_nan() || value - expected == 0.0, "{op:?} of {operands:?} is {value}");
    }

    #[test]
    fn what_is_infinite_or_undefined_is_null() {
        assert_value(Op::Divide, &[1.0, 0.0], NAN);
        assert_value(Op::Remainder, &[1.0, 0.0], NAN);
        assert_value(Op::Multiply, &[1e200, 1e200], NAN);
        assert_value(Op::Log, &[0.0], NAN);
        assert_value(Op::Exp, &[1_000.0], NAN);
        assert_value(Op::Sqrt, &[-1.0], NAN);
        assert_value(Op::Power, &[0.0, -1.0], NAN);
        assert_value(Op::Power, &[-8.0, 1.0 / 3.0], NAN);
    }

    #[test]
    fn a_null_operand_makes_null_whatever_the_other() {
        for op in [Op::Add, Op::Power, Op::Minimum, Op::Maximum, Op::Less, Op::Equal, Op::NotEqual]
        {
            for other in [0.0, 1.0, 2.0] {
                assert_value(op, &[NAN, other], NAN);
                assert_value(op, &[other, NAN], NAN);
            }
        }
        assert_value(Op::Sign, &[NAN], NAN);
        assert_value(Op::Where, &[NAN, 1.0, 1.0], NAN);
    }

    #[test]
    fn logic_is_of_three_values() {
        for (a, b, and, or) in [
            (0.0, 0.0, 0.0, 0.0),
            (0.0, 1.0, 0.0, 1.0),
            (1.0, 1.0, 1.0, 1.0),
            (0.0, NAN, 0.0, NAN),
            (1.0, NAN, NAN, 1.0),
            (NAN, NAN, NAN, NAN),
        ] {
            for operands in [[a, b], [b, a]] {
                assert_value(Op::And, &operands, and);
                assert_value(Op::Or, &operands, or);
            }
        }
        assert_value(Op::Not, &[0.0], 1.0);
        assert_value(Op::Not, &[NAN], NAN);
        assert_value(Op::IsNull, &[NAN], 1.0);
        assert_value(Op::IsNull, &[0.0], 0.0);
        assert_value(Op::Coalesce, &[NAN, 2.0], 2.0);
        assert_value(Op::Coalesce, &[1.0, 2.0], 1.0);
        assert_value(Op::Where, &[1.0, 2.0, NAN], 2.0);
        assert_value(Op::Where, &[0.0, NAN, 3.0], 3.0);
    }

    #[test]
    fn arithmetic_is_that_of_python() {
        assert_value(Op::Remainder, &[-7.0, 3.0], 2.0);
        assert_value(Op::Remainder, &[7.0, -3.0], -2.0);
        assert_value(Op::Remainder, &[6.0, -3.0], 0.0);
        assert_value(Op::Round, &[2.5], 2.0);
        assert_value(Op::Round, &[-3.5], -4.0);
        assert_value(Op::Power, &[-2.0, 3.0], -8.0);
        assert_value(Op::Power, &[9.0, 0.5], 3.0);
        assert_value(Op::Power, &[-3.0, 2.0], 9.0);
        assert_value(Op::Sign, &[-0.5], -1.0);
        assert_value(Op::Sign, &[0.0], 0.0);
    }

    #[test]
    fn a_block_has_the_bits_of_its_values() {
        let a = [1.0, -2.5, 0.0, NAN, -NAN, 3.0, 1e300, -1e300, 0.5, 7.0, -7.0];
        let b = [2.0, 0.0, NAN, 1.0, -3.0, 0.5, 1e300, 2.0, 2.0, -2.0, 2.0];
        let c = [NAN, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, -NAN];
        let ops = [
            Op::Add,
            Op::Subtract,
            Op::Multiply,
            Op::Divide,
            Op::Remainder,
            Op::Power,
            Op::Negate,
            Op::Abs,
            Op::Sign,
            Op::Sqrt,
            Op::Exp,
            Op::Log,
            Op::Floor,
            Op::Ceil,
            Op::Round,
            Op::Minimum,
            Op::Maximum,
            Op::Less,
            Op::LessEqual,
            Op::Equal,
            Op::NotEqual,
            Op::And,
            Op::Or,
            Op::Not,
            Op::IsNull,
            Op::Coalesce,
            Op::Where,
        ];
        for op in ops {
            let mut block = [0.0; 11];
            elementwise_run(op, &[&a[..], &b, &c][..op.arity()], &mut block);
            for (at, value) in block.iter().enumerate() {
                let single = elementwise(op, [a[at], b[at], c[at]]);
                assert_eq!(value.to_bits(), single.to_bits(), "{op:?} at {at}");
                assert!(value.is_finite() || value.to_bits() == NAN.to_bits(), "{op:?} at {at}");
            }
        }
    }
}
