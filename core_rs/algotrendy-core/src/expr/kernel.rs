//! The functions of the language, one value at a time. A kernel's first call is its series' first value.

/// `x / lag(x, n) - 1`.
#[derive(Clone, Debug)]
pub(super) struct Ret {
    /// The last `n` values as a ring, NaN where there was none yet.
    lagged: Vec<f64>,
    oldest: usize,
}

impl Ret {
    pub(super) fn new(window: usize) -> Self {
        Self { lagged: vec![f64::NAN; window], oldest: 0 }
    }

    pub(super) fn push(&mut self, value: f64) -> f64 {
        let lagged = std::mem::replace(&mut self.lagged[self.oldest], value);
        self.oldest = if self.oldest + 1 == self.lagged.len() { 0 } else { self.oldest + 1 };
        value / lagged - 1.0
    }
}

/// The exponential mean with weight `2 / (n + 1)`, seeded with the mean of the first `n` finite values (as TA-Lib does).
#[derive(Clone, Debug)]
pub(super) struct Ema {
    weight: f64,
    window: f64,
    /// How many values the seed has, up to the window.
    seen: f64,
    mean: f64,
}

impl Ema {
    #[allow(clippy::cast_precision_loss)] // A window is far below 2^52.
    pub(super) fn new(window: usize) -> Self {
        let window = window as f64;
        Self { weight: 2.0 / (window + 1.0), window, seen: 0.0, mean: 0.0 }
    }

    pub(super) fn push(&mut self, value: f64) -> f64 {
        // An infinity would stay in the mean for good, as NaN would.
        if !value.is_finite() {
            return f64::NAN;
        }
        if self.seen < self.window {
            self.seen += 1.0;
            self.mean += (value - self.mean) / self.seen;
            return if self.seen < self.window { f64::NAN } else { self.mean };
        }
        self.mean += (value - self.mean) * self.weight;
        self.mean
    }
}

/// Count, mean and sum of squared deviations of some values.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Adds one value (Welford 1962).
    fn with(self, value: f64) -> Self {
        let count = self.count + 1.0;
        let deviation = value - self.mean;
        let mean = self.mean + deviation / count;
        Self { count, mean, squares: self.squares + deviation * (value - mean) }
    }

    /// The sum of squared deviations of both sets together (Chan, Golub, LeVeque 1979).
    fn squares_with(self, other: Self) -> f64 {
        let deviation = other.mean - self.mean;
        let share = self.count * other.count / (self.count + other.count);
        self.squares + other.squares + deviation * deviation * share
    }
}

/// The sample standard deviation of the last `n` values, in constant time on average.
///
/// The window is a queue made of two stacks that keep the moments of what they hold. Values are only ever added to moments, never
/// taken out, so no error builds up, and an outlier or a NaN leaves no trace once it left the window.
#[derive(Clone, Debug)]
pub(super) struct Std {
    window: usize,
    /// The moments of the oldest values: each entry covers its value and all newer ones of this stack; the last, all of them.
    old: Vec<Moments>,
    new: Vec<f64>,
    new_moments: Moments,
}

impl Std {
    pub(super) fn new(window: usize) -> Self {
        Self {
            window,
            old: Vec::with_capacity(window),
            new: Vec::with_capacity(window),
            new_moments: Moments::default(),
        }
    }

    pub(super) fn push(&mut self, value: f64) -> f64 {
        if self.old.len() + self.new.len() == self.window {
            self.forget_oldest();
        }
        self.new.push(value);
        self.new_moments = self.new_moments.with(value);
        let count = self.old.len() + self.new.len();
        if count < self.window {
            return f64::NAN;
        }
        let old_moments = self.old.last().copied().unwrap_or_default();
        let squares = old_moments.squares_with(self.new_moments);
        (squares / (old_moments.count + self.new_moments.count - 1.0)).sqrt()
    }

    fn forget_oldest(&mut self) {
        if self.old.is_empty() {
            let mut moments = Moments::default();
            for value in self.new.drain(..).rev() {
                moments = moments.with(value);
                self.old.push(moments);
            }
            self.new_moments = Moments::default();
        }
        self.old.pop();
    }
}
