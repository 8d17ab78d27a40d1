//! The MQTT topic names, all under one prefix.

/// Topic names under a prefix (`cineswarm`, unless `TOPIC_PREFIX` says otherwise).
#[derive(Clone, Debug)]
pub struct Topics {
    prefix: String,
}

/// A topic prefix that would not stand for one fixed branch of topics.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the topic prefix {0:?} must be 1 to 100 characters without '+', '#', control characters or a '/' at either end"
)]
pub struct BadPrefix(String);

impl Topics {
    /// Checks a prefix: it may have levels, never wildcards.
    pub fn new(prefix: &str) -> Result<Topics, BadPrefix> {
        let fits = (1..=100).contains(&prefix.len())
            && !prefix.starts_with(['/', '$'])
            && !prefix.ends_with('/')
            && !prefix.chars().any(|c| c == '+' || c == '#' || c.is_control());
        if fits { Ok(Topics { prefix: prefix.to_owned() }) } else { Err(BadPrefix(prefix.to_owned())) }
    }

    /// Retained: the master's epoch and address.
    pub fn master_status(&self) -> String {
        format!("{}/master/status", self.prefix)
    }

    /// Workers introduce themselves here.
    pub fn register(&self) -> String {
        format!("{}/workers/register", self.prefix)
    }

    /// Every worker's status as it changes.
    pub fn workers_status(&self) -> String {
        format!("{}/workers/status", self.prefix)
    }

    /// Retained: one worker's latest status.
    pub fn worker_status(&self, worker_id: &str) -> String {
        format!("{}/workers/{worker_id}/status", self.prefix)
    }

    /// One worker's tasks.
    pub fn tasks(&self, worker_id: &str) -> String {
        format!("{}/workers/{worker_id}/tasks", self.prefix)
    }

    /// One worker's orders: shards, cancellation, drain.
    pub fn control(&self, worker_id: &str) -> String {
        format!("{}/workers/{worker_id}/control", self.prefix)
    }

    /// Retained: how far the log of a service is.
    pub fn ring(&self, service: &str) -> String {
        format!("{}/events/{service}", self.prefix)
    }

    /// Ratings that come in from elsewhere.
    pub fn ratings_raw(&self) -> String {
        format!("{}/ratings/raw", self.prefix)
    }

    /// Those that count, for whoever looks.
    pub fn ratings_clean(&self) -> String {
        format!("{}/ratings/clean", self.prefix)
    }

    /// Those that do not, with the reasons.
    pub fn ratings_dead(&self) -> String {
        format!("{}/ratings/dead", self.prefix)
    }

    /// Log lines for operators.
    pub fn logs(&self) -> String {
        format!("{}/logs", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_with_wildcards_is_refused() {
        for bad in ["", "a/+", "#", "/a", "a/", "$SYS", "a\n"] {
            assert!(Topics::new(bad).is_err(), "{bad:?} should be refused");
        }
        assert_eq!(Topics::new("house/cinema").unwrap().tasks("w1"), "house/cinema/workers/w1/tasks");
    }
}
