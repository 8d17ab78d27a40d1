//! Many queues, served in turn, so that who has much waiting does not keep the others from theirs. Who comes with an
//! empty queue goes first (as new flows do in RFC 8290, FQ-CoDel), but never so often that the others stand still.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Newcomers served in a row while others wait.
const NEWCOMERS_IN_A_ROW: usize = 8;

/// The queues. What is taken keeps its queue from being served until [`Turns::release`], so that what has one key is
/// done in the order it came.
pub struct Turns<K, T> {
    lines: HashMap<K, Line<T>>,
    newcomers: VecDeque<K>,
    others: VecDeque<K>,
    newcomers_in_a_row: usize,
    waiting: usize,
}

struct Line<T> {
    items: VecDeque<T>,
    /// Something of it is being done; it is in neither ring.
    held: bool,
}

impl<K, T> Default for Turns<K, T> {
    fn default() -> Self {
        let (newcomers, others) = (VecDeque::new(), VecDeque::new());
        Turns { lines: HashMap::new(), newcomers, others, newcomers_in_a_row: 0, waiting: 0 }
    }
}

impl<K: Clone + Eq + Hash, T> Turns<K, T> {
    /// Queues an item at the end of its key's line.
    pub fn push(&mut self, key: K, item: T) {
        self.waiting += 1;
        match self.lines.get_mut(&key) {
            Some(line) => line.items.push_back(item),
            None => {
                self.lines.insert(key.clone(), Line { items: VecDeque::from([item]), held: false });
                self.newcomers.push_back(key);
            }
        }
    }

    /// Takes the item whose turn it is; its line is held until it is released.
    pub fn take(&mut self) -> Option<(K, T)> {
        loop {
            let newcomer_first = self.others.is_empty() || self.newcomers_in_a_row < NEWCOMERS_IN_A_ROW;
            let key = match newcomer_first.then(|| self.newcomers.pop_front()).flatten() {
                Some(newcomer) => {
                    self.newcomers_in_a_row += 1;
                    newcomer
                }
                None => {
                    self.newcomers_in_a_row = 0;
                    self.others.pop_front()?
                }
            };
            let Some(line) = self.lines.get_mut(&key) else { continue };
            if let Some(item) = line.items.pop_front() {
                line.held = true;
                self.waiting -= 1;
                return Some((key, item));
            }
            // All of it was taken out since it got its turn.
            self.lines.remove(&key);
        }
    }

    /// What was taken of this key is done.
    pub fn release(&mut self, key: &K) {
        let Some(line) = self.lines.get_mut(key) else { return };
        if !line.held {
            return;
        }
        line.held = false;
        if line.items.is_empty() {
            self.lines.remove(key);
        } else {
            self.others.push_back(key.clone());
        }
    }

    /// Takes every item out that is to go, whosever turn it is.
    pub fn take_out(&mut self, is_to_go: impl Fn(&T) -> bool) -> Vec<T> {
        let mut gone = Vec::new();
        for line in self.lines.values_mut() {
            if !line.items.iter().any(&is_to_go) {
                continue;
            }
            let (going, staying): (VecDeque<T>, VecDeque<T>) =
                std::mem::take(&mut line.items).into_iter().partition(&is_to_go);
            line.items = staying;
            gone.extend(going);
        }
        self.waiting -= gone.len();
        gone
    }

    /// Items that wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Items of one key that wait.
    pub fn waiting_of(&self, key: &K) -> usize {
        self.lines.get(key).map_or(0, |line| line.items.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn take_all(turns: &mut Turns<u8, u32>) -> Vec<(u8, u32)> {
        let take = || {
            let taken = turns.take()?;
            turns.release(&taken.0);
            Some(taken)
        };
        std::iter::from_fn(take).collect()
    }

    #[test]
    fn who_asks_once_is_served_before_the_backlog_of_those_who_flood() {
        let mut turns = Turns::default();
        for item in 0..100 {
            turns.push(1, item);
            turns.push(2, item);
        }
        for _ in 0..4 {
            let (key, _) = turns.take().unwrap();
            turns.release(&key);
        }
        turns.push(3, 0);
        assert_eq!(turns.take(), Some((3, 0)));
    }

    #[test]
    fn those_who_flood_are_served_evenly() {
        let mut turns = Turns::default();
        for item in 0..50 {
            turns.push(1, item);
        }
        for item in 0..5 {
            turns.push(2, item);
        }
        let order: Vec<u8> = take_all(&mut turns).into_iter().map(|(key, _)| key).take(10).collect();
        assert_eq!(order.iter().filter(|key| **key == 2).count(), 5, "{order:?}");
    }

    #[test]
    fn newcomers_do_not_keep_a_backlog_waiting_for_ever() {
        let mut turns = Turns::default();
        turns.push(0, 0);
        turns.push(0, 1);
        let (key, _) = turns.take().unwrap();
        turns.release(&key);
        for newcomer in 1..=100 {
            turns.push(newcomer, 0);
        }
        let served_at = take_all(&mut turns).iter().position(|(key, _)| *key == 0).unwrap();
        assert!(served_at <= NEWCOMERS_IN_A_ROW, "it was served as number {served_at}");
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(u8),
        Take,
        Release(usize),
        TakeOut(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0u8..5).prop_map(Step::Push),
            3 => Just(Step::Take),
            3 => (0usize..4).prop_map(Step::Release),
            1 => (0u8..5).prop_map(Step::TakeOut),
        ]
    }

    proptest! {
        /// Any two of one key are done in the order they came, one at a time, and nothing is lost or done twice.
        #[test]
        fn what_has_one_key_is_done_in_order_and_one_at_a_time(steps in prop::collection::vec(step(), 0..200)) {
            let mut turns = Turns::default();
            let mut expected: BTreeMap<u8, VecDeque<u32>> = BTreeMap::new();
            let mut in_hand: Vec<u8> = Vec::new();
            let mut next = 0;
            for step in steps {
                match step {
                    Step::Push(key) => {
                        turns.push(key, next);
                        expected.entry(key).or_default().push_back(next);
                        next += 1;
                    }
                    Step::Take => match turns.take() {
                        Some((key, item)) => {
                            prop_assert!(!in_hand.contains(&key), "{} is in hand already", key);
                            prop_assert_eq!(expected.get_mut(&key).and_then(VecDeque::pop_front), Some(item));
                            in_hand.push(key);
                        }
                        None => {
                            let idle = |(key, items): (&u8, &VecDeque<u32>)| in_hand.contains(key) || items.is_empty();
                            prop_assert!(expected.iter().all(idle), "{:?} waits and nobody is given it", expected);
                        }
                    },
                    Step::Release(at) if at < in_hand.len() => turns.release(&in_hand.swap_remove(at)),
                    Step::Release(_) => {}
                    Step::TakeOut(key) => {
                        let going = expected.remove(&key).unwrap_or_default();
                        let mut gone = turns.take_out(|item| going.contains(item));
                        gone.sort_unstable();
                        prop_assert_eq!(gone, Vec::from(going));
                    }
                }
                prop_assert_eq!(turns.waiting(), expected.values().map(VecDeque::len).sum::<usize>());
            }
        }
    }
}
