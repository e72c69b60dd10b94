//! A few bars' numbers computed together, each as if alone.

use std::array::from_fn;
use std::ops::{Add, Div, Mul, Sub};

use super::finite;

/// `W` numbers.
#[derive(Clone, Copy)]
pub(super) struct Lanes<const W: usize>(pub(super) [f64; W]);

impl<const W: usize> Lanes<W> {
    /// The numbers from `at` on.
    #[inline(always)]
    pub(super) fn load(numbers: &[f64], at: usize) -> Self {
        let mut lanes = [0.0; W];
        lanes.copy_from_slice(&numbers[at..at + W]);
        Self(lanes)
    }

    #[inline(always)]
    pub(super) fn store(self, numbers: &mut [f64], at: usize) {
        numbers[at..at + W].copy_from_slice(&self.0);
    }

    /// Stores results: what is not finite is null.
    #[inline(always)]
    pub(super) fn finish(self, numbers: &mut [f64], at: usize) {
        self.map(finite).store(numbers, at);
    }

    #[inline(always)]
    pub(super) fn splat(number: f64) -> Self {
        Self([number; W])
    }

    #[inline(always)]
    pub(super) fn map(self, function: impl Fn(f64) -> f64) -> Self {
        Self(from_fn(|lane| function(self.0[lane])))
    }

    #[inline(always)]
    pub(super) fn zip(self, other: Self, function: impl Fn(f64, f64) -> f64) -> Self {
        Self(from_fn(|lane| function(self.0[lane], other.0[lane])))
    }
}

impl<const W: usize> Lanes<W> {
    /// `self × factor + other`, rounded once.
    #[inline(always)]
    pub(super) fn mul_add(self, factor: Self, other: Self) -> Self {
        Self(from_fn(|lane| self.0[lane].mul_add(factor.0[lane], other.0[lane])))
    }
}

impl<const W: usize> Add for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<const W: usize> Sub for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<const W: usize> Mul for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl<const W: usize> Mul<f64> for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, factor: f64) -> Self {
        self.map(|a| a * factor)
    }
}

impl<const W: usize> Div for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}

impl<const W: usize> Div<f64> for Lanes<W> {
    type Output = Self;

    #[inline(always)]
    fn div(self, divisor: f64) -> Self {
        self.map(|a| a / divisor)
    }
}
