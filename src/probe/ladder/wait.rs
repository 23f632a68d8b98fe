//! Pauses between tries: they double, up to ten times the first one, with a quarter of jitter so
//! that many containers do not knock at the same moment.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The next pause.
pub struct Backoff {
    first: Duration,
    next: Duration,
    random: RandomState,
    count: u64,
}

impl Backoff {
    /// Starts with `first`; a zero would knock without pause, so it becomes 50 ms.
    pub fn new(first: Duration) -> Self {
        let first = first.max(Duration::from_millis(50));
        Self {
            first,
            next: first,
            random: RandomState::new(),
            count: 0,
        }
    }

    /// The pause to make now.
    pub fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.first * 10);
        self.count += 1;
        // The standard library's hasher is seeded by the system; good enough to spread knocks.
        let random = self.random.hash_one(self.count) % 1000;
        let share = f64::from(u32::try_from(random).unwrap_or(0)) / 1000.0;
        pause.mul_f64(0.75 + share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let mut backoff = Backoff::new(Duration::from_millis(100));
        let pauses: Vec<_> = (0..20).map(|_| backoff.next()).collect();
        assert!(pauses[0] < Duration::from_millis(126), "{pauses:?}");
        assert!(pauses[6] > Duration::from_millis(700), "{pauses:?}");
        assert!(
            pauses.iter().all(|p| *p <= Duration::from_millis(1250)),
            "{pauses:?}"
        );
    }
}
