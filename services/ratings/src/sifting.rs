//! Chunks of lines through the gate, in their order: what is to be stored of them, and what is known of their users then.
//! Pure, as the gate is.

use crate::gate::{Authority, Clean, Delivered, Examined, Known, Limits, Standing, Verdict, examine, judge};
use crate::history::History;
use crate::raw::{Content, Fate, RawLine};
use crate::reason::Fault;
use cineswarm_engine::UserId;
use std::collections::HashMap;
use uuid::Uuid;

/// Lines that were taken and have not been through the gate.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The batch that they came with.
    pub batch_id: Uuid,
    /// The batch's place in the order of all.
    pub batch_number: i64,
    /// Their place in the batch.
    pub number: i64,
    /// The number of the first line in the batch, from 1 on.
    pub first_line: i64,
    /// When they came, in milliseconds since 1970.
    pub came_at: i64,
    /// On whose word.
    pub authority: Authority,
    /// Which way.
    pub via: String,
    /// A rating a line.
    pub content: Vec<u8>,
}

/// A line that was examined, and which one it is.
#[derive(Debug)]
pub struct Sample {
    chunk: usize,
    number: i64,
    /// What was found.
    pub examined: Examined,
    start: usize,
    end: usize,
}

/// Whom a rating is by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A user of this number.
    Known(UserId),
    /// One who gets a number with this pass: the place among [`Pass::new_users`].
    New(usize),
}

/// What is known of a user before a pass.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Their number, if they have one.
    pub who: Option<Who>,
    /// Whether they are a user of the dataset.
    pub is_of_dataset: bool,
    /// Whether they were deleted.
    pub is_deleted: bool,
    /// Their ratings.
    pub history: History,
}

/// A rating that is to be stored and told in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// By whom.
    pub who: Who,
    /// What.
    pub clean: Clean,
    /// The id of its event.
    pub event_id: Uuid,
}

/// A line that is kept aside.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLine {
    /// The batch that it came with.
    pub batch_id: Uuid,
    /// Which line of the batch.
    pub line_number: i64,
    /// When it came.
    pub came_at: i64,
    /// As it came, but for what is no text.
    pub line: String,
    /// All that is wrong with it.
    pub faults: Vec<Fault>,
}

/// What became of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// They count.
    pub clean: i64,
    /// They have counted already.
    pub repeated: i64,
    /// Later ratings of the same films count.
    pub superseded: i64,
    /// They are kept aside.
    pub dead: i64,
}

impl Tally {
    /// All of them.
    pub fn lines(self) -> i64 {
        self.clean + self.repeated + self.superseded + self.dead
    }
}

/// What is to be stored of some chunks, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    /// The chunks, by batch and place.
    pub chunks: Vec<(Uuid, i64)>,
    /// The highest place of a batch among them.
    pub batch_number: i64,
    /// Users who get a number now, as their source calls them.
    pub new_users: Vec<String>,
    /// Ratings that count, in order.
    pub changes: Vec<Change>,
    /// Lines that are kept aside.
    pub dead: Vec<DeadLine>,
    /// What became of each batch's lines.
    pub tallies: Vec<(Uuid, Tally)>,
    /// What became of each line, in their order.
    pub endings: Vec<Ending>,
    /// All lines, where there is a data lake.
    pub raw: Option<RawPass>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ending {
    /// Which of the samples.
    sample: usize,
    fate: Fate,
    /// Whom it is by, where they have a number or get one.
    who: Option<Who>,
    /// Its event, where it counts.
    event_id: Option<Uuid>,
}

/// Lines as they came, with what became of them, for the data lake.
#[derive(Clone, Debug, PartialEq)]
pub struct RawPass {
    /// Made before the first try to store it.
    pub id: Uuid,
    /// When they were judged, in milliseconds since 1970.
    pub judged_at: i64,
    /// Each with whom it is by, where they have a number or get one.
    pub lines: Vec<(RawLine, Option<Who>)>,
}

/// Examines all lines of some chunks.
pub fn examine_all(chunks: &[Waiting], known: &dyn Known, now: i64) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (chunk, waiting) in chunks.iter().enumerate() {
        let mut start = 0;
        let lines = waiting.content.split_inclusive(|byte| *byte == b'\n');
        for (number, line) in (waiting.first_line..).zip(lines) {
            let content = line.strip_suffix(b"\n").unwrap_or(line);
            let examined = examine(content, known, waiting.came_at, now);
            samples.push(Sample { chunk, number, examined, start, end: start + content.len() });
            start += line.len();
        }
    }
    samples
}

/// Judges the lines one after the other. `people` has everybody who is named in them, and knows afterwards what counts;
/// `delivered` has what came before under their deliveries' ids.
pub fn sift(
    chunks: &[Waiting],
    samples: &[Sample],
    people: &mut HashMap<String, Person>,
    delivered: &mut HashMap<Uuid, Delivered>,
    limits: &Limits,
) -> Pass {
    let mut pass = Pass {
        chunks: chunks.iter().map(|chunk| (chunk.batch_id, chunk.number)).collect(),
        batch_number: chunks.iter().map(|chunk| chunk.batch_number).max().unwrap_or_default(),
        ..Pass::default()
    };
    for (sample, Sample { chunk, number, examined, start, end }) in samples.iter().enumerate() {
        let Some(chunk) = chunks.get(*chunk) else { continue };
        let person = examined.user.as_ref().and_then(|user| people.get_mut(user));
        let standing = person.as_deref().map(|person| Standing {
            history: &person.history,
            is_of_dataset: person.is_of_dataset,
            is_deleted: person.is_deleted,
            delivered: examined.event_id.and_then(|id| delivered.get(&id).copied()),
        });
        let verdict = judge(examined, standing, chunk.authority, limits);
        let ending =
            Ending { sample, fate: Fate::Dead, who: person.as_deref().and_then(|person| person.who), event_id: None };
        match (verdict, person, &examined.user) {
            (Verdict::Clean(clean), Some(person), Some(user)) => {
                pass.tally_of(chunk.batch_id).clean += 1;
                person.history.set(clean.film, clean.half_stars, clean.rated_at);
                let who = *person.who.get_or_insert_with(|| {
                    pass.new_users.push(user.clone());
                    Who::New(pass.new_users.len() - 1)
                });
                let rating = Some((clean.film, clean.half_stars));
                if let Some(id) = examined.event_id {
                    delivered.insert(id, Delivered { rating, rated_at: clean.rated_at });
                }
                let event_id = examined.event_id.unwrap_or_else(Uuid::now_v7);
                pass.endings.push(Ending { fate: Fate::Clean, who: Some(who), event_id: Some(event_id), ..ending });
                pass.changes.push(Change { who, clean, event_id });
            }
            (Verdict::Repeated, ..) => {
                pass.tally_of(chunk.batch_id).repeated += 1;
                pass.endings.push(Ending { fate: Fate::Repeated, ..ending });
            }
            (Verdict::Superseded, ..) => {
                pass.tally_of(chunk.batch_id).superseded += 1;
                pass.endings.push(Ending { fate: Fate::Superseded, ..ending });
            }
            (Verdict::Dead(faults), ..) => {
                pass.endings.push(ending);
                pass.tally_of(chunk.batch_id).dead += 1;
                pass.dead.push(DeadLine {
                    batch_id: chunk.batch_id,
                    line_number: *number,
                    came_at: chunk.came_at,
                    line: as_text(&chunk.content[*start..*end]),
                    faults,
                });
            }
            // What is clean has a user, who is somebody.
            (Verdict::Clean(_), ..) => {}
        }
    }
    pass
}

impl RawPass {
    /// All lines of a pass, judged at a time in milliseconds since 1970.
    pub fn of(pass: &Pass, chunks: &[Waiting], samples: &[Sample], judged_at: i64) -> RawPass {
        // In the same order as the lines.
        let mut dead = pass.dead.iter();
        let line = |ending: &Ending| {
            let Sample { chunk, number, start, end, .. } = samples.get(ending.sample)?;
            let chunk = chunks.get(*chunk)?;
            let faults = match ending.fate {
                Fate::Dead => dead.next().map(|dead| dead.faults.clone()).unwrap_or_default(),
                _ => Vec::new(),
            };
            let line = RawLine {
                batch_id: chunk.batch_id,
                line_number: *number,
                came_at: chunk.came_at,
                judged_at,
                via: chunk.via.clone(),
                user_id: None,
                fate: ending.fate,
                event_id: ending.event_id,
                faults,
                content: Some(Content::of(&chunk.content[*start..*end])),
            };
            Some((line, ending.who))
        };
        RawPass { id: Uuid::now_v7(), judged_at, lines: pass.endings.iter().filter_map(line).collect() }
    }
}

impl Pass {
    fn tally_of(&mut self, batch_id: Uuid) -> &mut Tally {
        // Lines of a batch come one after the other.
        if self.tallies.last().is_none_or(|(last, _)| *last != batch_id) {
            self.tallies.push((batch_id, Tally::default()));
        }
        let last = self.tallies.len() - 1;
        &mut self.tallies[last].1
    }
}

/// Bytes as a text that every database keeps.
fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{FFFD}")
}
