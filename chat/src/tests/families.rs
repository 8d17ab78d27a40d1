//! Sentences of one kind in all their frames: what is said of a film is read so whichever film it is, and however it is put.

use super::sample::{film_called, index_with_facts, sample};
use super::*;
use crate::intent::Question;
use crate::{Context, Last, Mark, Wanted, understand_in};

/// What every sentence of a family is to be read as, for the film that it names.
type Reading = fn(&Intent, u32) -> bool;

fn asks_stars(intent: &Intent, movie: u32) -> bool {
    matches!(intent, Intent::Clarify { question: Question::ConfirmRating, film: Some(film), .. } if *film == movie)
}

fn is_about(intent: &Intent, movie: u32, wanted: Wanted) -> bool {
    matches!(intent, Intent::About { wanted: asked, movie: film } if *film == movie && *asked == wanted)
}

/// Each frame with `X` for the film.
const FAMILIES: &[(&str, Reading, &[&str])] = &[
    (
        "seen",
        |intent, film| matches!(intent, Intent::Mark { movies, mark: Mark::Seen } if *movies == [film]),
        &[
            "I saw X",
            "I've seen X",
            "watched X last night",
            "just finished X",
            "saw X in the cinema",
            "X, seen it",
            "we watched X last week",
            "I already saw X years ago",
            "he visto X",
            "ayer vi X",
            "X ya la he visto",
            "acabo de ver X",
        ],
    ),
    (
        "not liked",
        asks_stars,
        &[
            "I hated X",
            "didn't enjoy X",
            "can't stand X",
            "X wasn't my thing",
            "I walked out of X",
            "fell asleep during X",
            "X bored me",
            "no me gustó X",
            "X me aburrió",
            "no me convenció X",
            "me dormí con X",
        ],
    ),
    (
        "liked",
        |intent, film| asks_stars(intent, film) || matches!(intent, Intent::Like { movies, .. } if *movies == [film]),
        &[
            "I loved X",
            "big fan of X",
            "X is my favourite movie",
            "loved X so much",
            "X blew me away",
            "more like X",
            "what should I watch after X",
            "me encantó X",
            "soy fan de X",
            "qué veo después de X",
        ],
    ),
    (
        "length",
        |intent, film| is_about(intent, film, Wanted::Runtime),
        &[
            "how long is X",
            "runtime of X",
            "X length",
            "how many minutes is X",
            "cuánto dura X",
            "X duración",
            "cuánto es X de larga",
        ],
    ),
    (
        "director",
        |intent, film| is_about(intent, film, Wanted::Director),
        &[
            "who directed X",
            "who was X directed by",
            "X director",
            "whose film is X",
            "quién dirigió X",
            "de quién es X",
        ],
    ),
    (
        "cast",
        |intent, film| is_about(intent, film, Wanted::Cast),
        &["who is in X", "who stars in X", "X cast", "which actors are in X", "quién sale en X", "X reparto"],
    ),
    (
        "opinion",
        |intent, film| is_about(intent, film, Wanted::Opinion),
        &[
            "is X any good",
            "should I watch X",
            "score of X",
            "is X popular",
            "how is X rated",
            "qué tal es X",
            "es popular X",
        ],
    ),
    (
        "plot",
        |intent, film| is_about(intent, film, Wanted::Plot),
        &["what is X about", "describe X", "details on X", "tell me about X", "de qué va X", "sinopsis de X"],
    ),
    (
        "stars",
        |intent, film| matches!(intent, Intent::Rate { movie, half_stars } if *movie == film && half_stars.get() == 8),
        &[
            "rate X 4",
            "X: 4",
            "give X 4 stars",
            "4 for X",
            "X deserves 4",
            "8 out of 10 for X",
            "mark X as 4 stars",
            "ponle un 4 a X",
            "X un 4",
            "un 4 para X",
            "X se merece 4 estrellas",
            "cuatro estrellas a X",
        ],
    ),
];

/// What verdicts are made of: frames, and what is judged in them.
const FRAMES: &[&str] =
    &["X is Y", "X was Y", "I thought X was Y", "I found X Y", "X: Y", "honestly X was a bit Y", "X was Y tbh"];
const FRAMES_ES: &[&str] =
    &["X es Y", "X fue Y", "X me pareció Y", "X estuvo Y", "X: Y", "para mí X fue muy Y", "X me ha parecido Y"];
const GOOD: &[&str] = &["good", "great", "lovely", "hilarious", "perfect", "a masterpiece", "a lot of fun"];
const MEH: &[&str] = &["ok", "alright", "average", "forgettable", "not bad", "nothing special"];
const BAD: &[&str] = &["bad", "boring", "garbage", "overrated", "too long", "a waste of time", "not great"];
const GOOD_ES: &[&str] = &["buena", "genial", "estupenda", "impresionante", "una obra maestra", "divertidísima"];
const MEH_ES: &[&str] = &["regular", "normal", "pasable", "del montón", "entretenida", "aceptable"];
const BAD_ES: &[&str] = &["mala", "aburrida", "floja", "insoportable", "un rollo", "lenta"];

/// The films, one of them with a short name and one that is beside its sequels.
const FILMS: &[(&str, &str)] =
    &[("Jaws", "Jaws (1975)"), ("toy story 3", "Toy Story 3 (2010)"), ("The Matrix", "The Matrix (1999)")];

#[test]
fn what_is_said_of_a_film_is_read_in_every_frame() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let mut wrong = Vec::new();
    for (typed, name) in FILMS {
        let film = film_called(name, &index, &catalogue).id;
        for (family, is_right, frames) in FAMILIES {
            for frame in *frames {
                let sentence = frame.replace('X', typed);
                let read = understand(&sentence, Lang::En, &index, &catalogue).intent;
                if !is_right(&read, film) {
                    wrong.push(format!("{family}: {sentence:?} is {read:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} sentences: {wrong:#?}", wrong.len());
}

/// A verdict asks for stars, the good ones for many and the bad ones for few.
#[test]
fn a_verdict_is_one_whatever_its_words() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let mut wrong = Vec::new();
    for (frames, judged) in [(FRAMES, [GOOD, MEH, BAD]), (FRAMES_ES, [GOOD_ES, MEH_ES, BAD_ES])] {
        for (judgements, first) in judged.into_iter().zip(["5", "3", "1"]) {
            for (judgement, frame) in judgements.iter().flat_map(|one| frames.iter().map(move |frame| (one, frame))) {
                let sentence = frame.replace('Y', judgement).replace('X', "Jaws");
                let read = understand(&sentence, Lang::En, &index, &catalogue).intent;
                let Intent::Clarify { question: Question::ConfirmRating, options, .. } = &read else {
                    wrong.push(format!("{sentence:?} is {read:?}"));
                    continue;
                };
                if !options[0].label.starts_with(first) {
                    wrong.push(format!("{sentence:?} asks for {}", options[0].label));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} sentences: {wrong:#?}", wrong.len());
}

#[test]
fn words_of_a_verdict_beside_others_are_none() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    for sentence in
        ["is Jaws good?", "Jaws was great, more like it", "good films like Jaws", "Life Is Beautiful", "Jaws and Alien"]
    {
        let read = understand(sentence, Lang::En, &index, &catalogue).intent;
        assert!(!matches!(read, Intent::Clarify { question: Question::ConfirmRating, .. }), "{sentence:?} is {read:?}");
    }
}

/// After something was told of a film, what is said of "that one" asks for its stars; where none is spoken of, for the film.
#[test]
fn how_the_film_that_is_pointed_at_was_liked_asks_for_stars() {
    /// Frames with X for what points, what points, what may stand behind it, and the stars that are offered first.
    type Family = (&'static [&'static str], &'static [&'static str], &'static [&'static str], &'static str);
    const SAID: &[Family] = &[
        (
            &["I loved X", "I really liked X", "we enjoyed X", "adored X", "honestly I loved X"],
            &["it", "that one", "that film", "this movie"],
            &["", ", actually", "!", " a lot", " as a kid", " to be honest"],
            "5",
        ),
        (
            &["I hated X", "I didn't like X", "didn't enjoy X", "can't stand X"],
            &["it", "that one", "that film", "this movie"],
            &["", ", actually", " btw", " to be honest"],
            "1",
        ),
        (
            &["me encantó X", "me gustó X", "X me ha gustado", "disfruté X"],
            &["esa", "esa peli", "esta película"],
            &["", " mucho", ", la verdad", " bastante"],
            "5",
        ),
        (&["odié X", "X no me gustó", "X me aburrió"], &["esa", "esa peli"], &["", " nada", ", la verdad"], "1"),
    ];
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let jaws = film_called("Jaws (1975)", &index, &catalogue).id;
    let told = Context { about: Some(jaws), last: Last::Asked(Wanted::Director), ..Context::default() };
    let mut wrong = Vec::new();
    for (frames, pointers, tails, first) in SAID {
        let with = |frame: &str, pointer: &str, tail: &str| frame.replace('X', pointer) + tail;
        let frames = frames.iter().flat_map(|frame| pointers.iter().map(move |pointer| (frame, pointer)));
        for sentence in frames.flat_map(|(frame, pointer)| tails.iter().map(move |tail| with(frame, pointer, tail))) {
            let read = |context| understand_in(&sentence, Lang::En, &index, &catalogue, context).intent;
            let after_film = read(&told);
            let is_asked = matches!(&after_film, Intent::Clarify { question: Question::ConfirmRating, film, options, .. }
                if *film == Some(jaws) && options[0].label.starts_with(first));
            let alone = read(&Context::default());
            if !is_asked || alone.filters().is_some() {
                wrong.push(format!("{sentence:?} is {after_film:?}, and alone {alone:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} sentences: {wrong:#?}", wrong.len());
}
