//! How what was trained is stored in the program. Written by the build, read by `src/acts.rs`; all numbers little endian:
//! count of features (u32) and of acts (u32); each feature (u64); each one's rarity (f32); where its weights begin (u32, one
//! more for the end); weights as act (u8) and twentieths (i8); what stands for all sentences, for each act (f32).

use super::examples::Act;
use super::features::STEPS;
use super::training::Trained;

pub(crate) fn weights(trained: &Trained) -> Vec<u8> {
    let mut bytes = Vec::new();
    let count = trained.features.len();
    bytes.extend((count as u32).to_le_bytes());
    bytes.extend((trained.weights.len() as u32).to_le_bytes());
    trained.features.iter().for_each(|feature| bytes.extend(feature.to_le_bytes()));
    trained.rarity.iter().for_each(|rarity| bytes.extend(rarity.to_le_bytes()));
    let mut entries: Vec<u8> = Vec::new();
    for at in 0..count {
        bytes.extend(((entries.len() / 2) as u32).to_le_bytes());
        for (act, weights) in (0_u8..=u8::MAX).zip(&trained.weights) {
            let steps = (weights[at] * STEPS).round().clamp(-127.0, 127.0) as i8;
            // What tells little is left out.
            if steps.unsigned_abs() > 1 {
                entries.extend([act, steps.to_le_bytes()[0]]);
            }
        }
    }
    bytes.extend(((entries.len() / 2) as u32).to_le_bytes());
    bytes.extend(entries);
    trained.weights.iter().for_each(|weights| bytes.extend(weights[count].to_le_bytes()));
    bytes
}

/// One line for each way of an act: its place, its name, how many films and the like it has, and the sentence to be read.
pub(crate) fn meanings(acts: &[Act]) -> String {
    let mut lines = String::new();
    for (place, act) in acts.iter().enumerate() {
        for (slots, meaning) in &act.meanings {
            let slots = slots.map(|count| count.to_string()).join(" ");
            lines += &format!("{place}\t{}\t{slots}\t{meaning}\n", act.name);
        }
    }
    lines
}
