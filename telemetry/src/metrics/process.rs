//! What the system says of this process, from /proc; where there is none these metrics stay at zero.

use std::fs;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::list;

/// Linux counts a process's time in hundredths of a second whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time that is counted already.
static COUNTED_SECONDS: Mutex<f64> = Mutex::new(0.0);

/// Reads it now.
pub fn look() {
    if let Some(status) = fs::read_to_string("/proc/self/status").ok().as_deref() {
        if let Some(kib) = number_after(status, "VmRSS:") {
            list::PROCESS_RESIDENT_MEMORY.set([], kib * 1024.0);
        }
        if let Some(threads) = number_after(status, "Threads:") {
            list::PROCESS_THREADS.set([], threads);
        }
    }
    if let Ok(descriptors) = fs::read_dir("/proc/self/fd") {
        // The one that reads them is not counted.
        list::PROCESS_OPEN_FDS.set([], descriptors.count().saturating_sub(1) as f64);
    }
    if let Some(limit) = fs::read_to_string("/proc/self/limits").ok().as_deref().and_then(descriptor_limit) {
        list::PROCESS_MAX_FDS.set([], limit);
    }
    if let Some(Times { used_seconds, started_seconds_after_boot }) =
        fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(times)
    {
        let mut counted = COUNTED_SECONDS.lock().unwrap_or_else(PoisonError::into_inner);
        list::PROCESS_CPU.add([], used_seconds - *counted);
        *counted = used_seconds;
        let booted = fs::read_to_string("/proc/stat").ok().as_deref().and_then(|stat| number_after(stat, "btime"));
        if let Some(booted) = booted {
            list::PROCESS_START_TIME.set([], booted + started_seconds_after_boot);
        }
    }
}

/// The number that follows a word at the beginning of a line.
fn number_after(text: &str, word: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The soft limit of open files; none if there is no limit.
fn descriptor_limit(limits: &str) -> Option<f64> {
    number_after(limits, "Max open files")
}

#[derive(Debug, PartialEq)]
struct Times {
    used_seconds: f64,
    started_seconds_after_boot: f64,
}

/// Fields 14, 15 and 22 of proc(5)'s stat. The second is the program's name, which may have spaces and brackets in it.
fn times(stat: &str) -> Option<Times> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let field = |number: usize| after_name.split_whitespace().nth(number - 3)?.parse::<f64>().ok();
    Some(Times {
        used_seconds: (field(14)? + field(15)?) / TICKS_PER_SECOND,
        started_seconds_after_boot: field(22)? / TICKS_PER_SECOND,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_past_a_name_with_spaces_and_brackets() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 12345 0 0";
        let times = times(stat).unwrap();
        assert_eq!(times, Times { used_seconds: 2.0, started_seconds_after_boot: 123.45 });
    }

    #[test]
    fn a_limit_that_is_none_is_not_shown() {
        assert_eq!(descriptor_limit("Max open files            1024    4096    files\n"), Some(1024.0));
        assert_eq!(descriptor_limit("Max open files            unlimited unlimited files\n"), None);
    }
}
