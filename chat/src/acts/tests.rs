use super::examples::Examples;
use super::*;

fn examples() -> Examples {
    Examples::read(include_str!("../../data/patterns.tsv"), include_str!("../../data/examples.tsv"))
}

/// Which act each fifth example is, told by the others: how well sentences are read that nobody has written down.
#[test]
fn most_unseen_examples_are_told_and_hardly_any_is_told_wrong() {
    let read = examples();
    let features = |words: &[String]| features::features(words.iter().map(String::as_str));
    let said: Vec<(Vec<u64>, usize)> = read.all.iter().map(|example| (features(&example.words), example.act)).collect();
    let (unseen, seen): (Vec<_>, Vec<_>) = said.into_iter().enumerate().partition(|(at, _)| at % 5 == 0);
    let seen: Vec<(Vec<u64>, usize)> = seen.into_iter().map(|(_, said)| said).collect();
    let trained = training::train(&seen, read.acts.len());
    let (mut right, mut wrong, mut open) = (0, 0, 0);
    for (_, (features, act)) in unseen {
        let known = features.iter().filter_map(|feature| trained.features.binary_search(feature).ok());
        let known: Vec<usize> = known.collect();
        let length = known.iter().map(|at| trained.rarity[*at].powi(2)).sum::<f32>().sqrt();
        let score = |weights: &Vec<f32>| {
            let said: f32 = known.iter().map(|at| weights[*at] * trained.rarity[*at] / length).sum();
            said + weights[trained.features.len()]
        };
        let mut scores: Vec<(f32, usize)> = trained.weights.iter().map(score).zip(0..).collect();
        scores.sort_by(|one, other| other.0.total_cmp(&one.0));
        match scores[0].0 - scores[1].0 >= crate::by_example::LIKE_ENOUGH {
            true if scores[0].1 == act => right += 1,
            true => wrong += 1,
            false => open += 1,
        }
    }
    let all = right + wrong + open;
    println!("{right} right, {wrong} wrong, {open} not told of {all}");
    assert!(right * 100 >= all * 50, "only {right} of {all} are told");
    assert!(wrong * 100 < all * 8, "{wrong} of {all} are told wrong");
}

#[test]
fn every_example_is_folded_and_every_act_has_some() {
    let read = examples();
    assert!(read.all.len() > 10_000 && read.acts.len() > 50);
    for (place, act) in read.acts.iter().enumerate() {
        assert!(!act.meanings.is_empty(), "{} has no example", act.name);
        assert_eq!(TRAINED.acts[place].name, act.name);
    }
    for example in &read.all {
        let words = example.words.iter().filter(|word| !slots::SLOTS.contains(&word.as_str()));
        let said = words.map(String::as_str).collect::<Vec<_>>().join(" ");
        let folded: Vec<String> = crate::words::fold::tokenize(&said).into_iter().map(|token| token.word).collect();
        assert_eq!(folded.join(" "), said);
    }
}
