/// What the capsule knows of the readings so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub count: f64,
    pub mean: f64,
}

/// Before the first reading.
pub const EMPTY: Summary = Summary { count: 0.0, mean: 0.0 };

impl Summary {
    /// Takes one more value into the running mean (spec/logic.md).
    pub fn add(self, value: f64) -> Summary {
        let count = self.count + 1.0;
        Summary { count, mean: self.mean + (value - self.mean) / count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_the_readings_so_far() {
        let summary = [20.5, 21.25, 19.0].iter().fold(EMPTY, |summary, &value| summary.add(value));
        assert_eq!(summary, Summary { count: 3.0, mean: 20.25 });
    }
}
