//! What the kernel says of a running process: processor time and memory, from Linux's `/proc` (proc(5)).

use std::fs;

use anyhow::Context;

/// The unit of processor time in `/proc/PID/stat`; Linux has no other on any machine that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process to watch, given as `NAME=PID`.
#[derive(Clone, Debug)]
pub struct Watched {
    pub name: String,
    pid: u32,
}

impl std::str::FromStr for Watched {
    type Err = String;
    fn from_str(text: &str) -> Result<Watched, String> {
        let (name, pid) = text.split_once('=').ok_or("it is not of the form NAME=PID")?;
        let pid = pid.parse().map_err(|_| format!("{pid:?} is no process id"))?;
        Ok(Watched { name: name.to_owned(), pid })
    }
}

impl Watched {
    /// Seconds of processor time used so far, by all threads, in user mode and in the kernel.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        cpu_seconds(&self.pid.to_string())
    }

    /// MiB resident now, and at the most so far.
    pub fn memory_mib(&self) -> anyhow::Result<(f64, f64)> {
        let path = format!("/proc/{}/status", self.pid);
        let status = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let field = |name: &str| -> Option<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
        };
        field("VmRSS").zip(field("VmHWM")).with_context(|| format!("{path} says nothing of memory"))
    }
}

/// Seconds of processor time that this program has used.
pub fn own_cpu_seconds() -> anyhow::Result<f64> {
    cpu_seconds("self")
}

fn cpu_seconds(process: &str) -> anyhow::Result<f64> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // The name, in brackets, may hold anything; what follows it is numbers, utime and stime being the 14th and 15th
    // field of all.
    let numbers: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| numbers.get(at).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).with_context(|| format!("{path} is not as proc(5) has it"))?;
    Ok((user + system) / TICKS_PER_SECOND)
}

/// The load average of the last minute, which says how much else the machine had to do.
pub fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}
