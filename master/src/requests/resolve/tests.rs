//! What is resolved to what; as long as there are ways to ask.

use serde_json::json;

use super::*;
use crate::requests::sample::{
    ALIEN, FARGO, HEAT, TOY_STORY, USERS, VERTIGO, half_stars, library, library_of_short_films, library_with_lengths,
    rating_of,
};

fn stranger() -> Viewer<'static> {
    Viewer {
        lang: Lang::En,
        ratings: Vec::new(),
        hidden: Vec::new(),
        last: None,
        said_last: None,
        spoken_of: None,
        seen: Vec::new(),
        rated: Vec::new(),
        shows_ratings: false,
    }
}

fn fan_of_heat() -> Viewer<'static> {
    Viewer { ratings: vec![(HEAT, half_stars(10))], ..stranger() }
}

fn resolved(payload: Value, viewer: &Viewer<'_>, library: &Library) -> Resolved {
    resolve(&Ask::parse(payload).unwrap(), viewer, library).unwrap()
}

fn computed(payload: Value, viewer: &Viewer<'_>, library: &Library) -> Spec {
    match resolved(payload.clone(), viewer, library) {
        Resolved::Compute(spec) => *spec,
        other => panic!("{payload} is not computed but {other:?}"),
    }
}

fn refused(payload: Value, library: &Library) -> Trouble {
    resolve(&Ask::parse(payload).unwrap(), &stranger(), library).unwrap_err()
}

/// An answer as far as "more" and "why" read it.
fn answer_of(movies: &[MovieId]) -> Value {
    json!({ "recommendations": movies.iter().map(|movie| json!({ "movie_id": movie })).collect::<Vec<_>>() })
}

#[test]
fn a_user_of_the_dataset_gets_films_by_that_users_ratings_and_is_no_neighbour_of_himself() {
    let library = library();
    let spec = computed(json!({ "user_id": 5, "n": 3 }), &stranger(), &library);
    let rated: Vec<_> = (1..=VERTIGO).filter_map(|movie| Some((movie, half_stars(rating_of(5, movie)?)))).collect();
    assert_eq!((spec.source, spec.profile, spec.note), (Source::Neighbours, rated, None));
    assert_eq!((spec.neighbours.exclude_user, spec.ranking.n), (Some(5), 3));
    assert_eq!(
        computed(json!({ "text": "recommend something for user 5" }), &stranger(), &library).ranking.n,
        DEFAULT_N
    );
}

#[test]
fn an_unknown_user_gets_popular_films_said_to_be_so() {
    let library = library();
    for user in [0, USERS.end() + 1, u32::MAX] {
        let spec = computed(json!({ "user_id": user }), &stranger(), &library);
        assert_eq!((spec.source, spec.note), (Source::Popular, Some(Note::UnknownUser(user))));
    }
}

#[test]
fn whoever_has_rated_nothing_gets_popular_films_said_to_be_so() {
    let library = library();
    for payload in [json!({}), json!({ "profile": [] })] {
        let spec = computed(payload, &stranger(), &library);
        assert_eq!((spec.source, spec.note), (Source::Popular, Some(Note::EmptyProfile)));
    }
    let asked_for = computed(json!({ "text": "popular" }), &stranger(), &library);
    assert_eq!((asked_for.source, asked_for.note), (Source::Popular, None), "it was asked for");
}

#[test]
fn popular_films_leave_out_what_the_viewer_has_rated() {
    let spec = computed(json!({ "text": "popular" }), &fan_of_heat(), &library());
    assert_eq!(spec.profile, [(HEAT, half_stars(10))]);
    assert!(spec.filters.exclude_seen);
}

#[test]
fn few_ratings_of_ones_own_are_treated_like_a_few_films_and_many_are_not() {
    let library = library();
    let few = computed(json!({}), &fan_of_heat(), &library);
    assert_eq!((few.neighbours, few.ranking), (NeighbourOptions::like_these(), RankOptions::like_these(DEFAULT_N)));
    let ratings = (1..=SHORT_PROFILE as MovieId).map(|movie| (movie, half_stars(7))).collect();
    let many = computed(json!({}), &Viewer { ratings, ..stranger() }, &library);
    assert_eq!(many.neighbours, NeighbourOptions::default());
}

#[test]
fn a_sentence_about_films_means_the_same_as_their_ids() {
    let library = library();
    let by_id = computed(json!({ "like": [ALIEN, HEAT] }), &stranger(), &library);
    let by_text = computed(json!({ "text": "films like Heat and Alien" }), &stranger(), &library);
    assert_eq!(by_id.profile, [(HEAT, HalfStars::MAX), (ALIEN, HalfStars::MAX)]);
    // Only what was typed is told how it was read.
    assert!(by_text.reading.is_some());
    assert_eq!(Spec { reading: None, ..by_text }, by_id);
}

#[test]
fn it_is_the_only_film_that_was_asked_about() {
    let library = library();
    let (spec, answer) = (computed(json!({ "like": [HEAT] }), &stranger(), &library), answer_of(&[ALIEN, FARGO]));
    let viewer = Viewer { last: Some((&spec, &answer)), ..stranger() };
    let Resolved::SayOf { reply: Reply::Help { message, .. }, movie: HEAT, .. } =
        resolved(json!({ "text": "when did it come out?" }), &viewer, &library)
    else {
        panic!("the year is not said");
    };
    assert!(message.contains("Heat") && message.contains("1995"), "{message}");

    let several = computed(json!({ "like": [HEAT, ALIEN] }), &stranger(), &library);
    let viewer = Viewer { last: Some((&several, &answer)), ..stranger() };
    let Resolved::Say(Reply::Help { message, .. }) =
        resolved(json!({ "text": "when did it come out?" }), &viewer, &library)
    else {
        panic!("a film is guessed");
    };
    assert!(message.contains("Which film"), "{message}");
}

#[test]
fn the_same_is_not_said_twice_in_a_row_to_somebody_who_is_not_understood() {
    let library = library();
    let mut said: Option<Reply> = None;
    for _ in 0..4 {
        let viewer = Viewer { said_last: said.as_ref(), ..stranger() };
        let Resolved::Say(reply) = resolved(json!({ "text": "xyzzy plugh" }), &viewer, &library) else {
            panic!("nothing is said");
        };
        assert_ne!(said.as_ref(), Some(&reply));
        said = Some(reply);
    }
}

#[test]
fn films_that_are_not_in_the_dataset_are_named() {
    let library = library();
    assert_eq!(refused(json!({ "like": [HEAT, 99] }), &library), Trouble::UnknownMovie(99));
    let profile = json!({ "profile": [{ "movie_id": 77, "rating": 4 }] });
    assert_eq!(refused(profile, &library), Trouble::UnknownMovie(77));
}

#[test]
fn hidden_films_are_left_out_whatever_is_asked() {
    let library = library();
    let viewer = Viewer { hidden: vec![ALIEN], ..fan_of_heat() };
    for payload in [
        json!({}),
        json!({ "user_id": 1 }),
        json!({ "user_id": 9999 }),
        json!({ "like": [HEAT] }),
        json!({ "profile": [{ "movie_id": FARGO, "rating": 3 }] }),
        json!({ "text": "popular" }),
        json!({ "text": "more" }),
        json!({ "text": "90s comedies" }),
    ] {
        let mut payload = payload;
        payload["filters"] = json!({ "exclude_movie_ids": [FARGO] });
        let hidden = computed(payload.clone(), &viewer, &library).filters.exclude_movie_ids;
        assert!(hidden.contains(&ALIEN), "{payload} may recommend a hidden film");
    }
}

#[test]
fn what_a_sentence_says_and_the_filters_beside_it_both_hold() {
    let library = library();
    let spec = computed(
        json!({
            "text": "90s comedies, no romance",
            "filters": { "exclude_genres": ["Crime"], "year_to": 1995, "exclude_movie_ids": [HEAT], "exclude_seen": false },
        }),
        &stranger(),
        &library,
    );
    assert_eq!(spec.filters.genres, ["Comedy"]);
    assert_eq!(spec.filters.exclude_genres, ["Romance", "Crime"]);
    assert_eq!((spec.filters.year_from, spec.filters.year_to), (Some(1990), Some(1995)));
    assert_eq!((spec.filters.exclude_movie_ids, spec.filters.exclude_seen), (vec![HEAT], false));
    let comedy = spec.filters.genres.clone();
    let beside = computed(json!({ "text": "popular", "filters": { "genres": comedy } }), &stranger(), &library);
    assert_eq!(beside.filters.genres, ["Comedy"]);
}

#[test]
fn a_number_beside_the_sentence_counts_more_than_one_in_it() {
    let library = library();
    let n = |payload| computed(payload, &fan_of_heat(), &library).ranking.n;
    assert_eq!(n(json!({ "text": "5 comedies" })), 5);
    assert_eq!(n(json!({ "text": "5 comedies", "n": 7 })), 7);
    assert_eq!(n(json!({ "text": "comedies" })), DEFAULT_N);
}

#[test]
fn more_goes_on_without_the_films_that_were_shown() {
    let library = library();
    let first = computed(json!({ "like": [HEAT], "n": 2, "filters": { "year_from": 1950 } }), &stranger(), &library);
    let shown = answer_of(&[FARGO, TOY_STORY]);
    let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
    let more = computed(json!({ "text": "more" }), &viewer, &library);
    assert_eq!(more.filters.exclude_movie_ids, [FARGO, TOY_STORY]);
    let same = Spec { filters: Filters { exclude_movie_ids: Vec::new(), ..more.filters.clone() }, ..more.clone() };
    assert_eq!(same, first, "all else is as it was");

    let shown_then = answer_of(&[ALIEN]);
    let viewer = Viewer { last: Some((&more, &shown_then)), hidden: vec![VERTIGO], ..stranger() };
    let yet_more = computed(json!({ "text": "más", "lang": "es" }), &viewer, &library);
    assert_eq!(yet_more.filters.exclude_movie_ids, [ALIEN, FARGO, TOY_STORY, VERTIGO], "also what was hidden since");
    assert_eq!(yet_more.lang, Lang::Es);
}

#[test]
fn more_of_nothing_is_what_the_viewers_own_ratings_give() {
    let library = library();
    let more = computed(json!({ "text": "more" }), &fan_of_heat(), &library);
    assert_eq!(more, computed(json!({}), &fan_of_heat(), &library));
}

#[test]
fn less_known_turns_away_from_what_everybody_has_seen() {
    let library = library();
    let first = computed(json!({ "like": [HEAT] }), &stranger(), &library);
    let shown = answer_of(&[FARGO]);
    let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
    let less_known = computed(json!({ "text": "less known" }), &viewer, &library);
    assert_eq!(less_known.ranking.popularity_penalty, PopularityPenalty::Strong);
    assert_eq!(less_known.filters.exclude_movie_ids, [FARGO]);
    assert_eq!(less_known.profile, first.profile);
}

#[test]
fn what_is_said_after_a_list_keeps_what_was_asked_for() {
    let library = library();
    let first = computed(json!({ "text": "90s comedies" }), &stranger(), &library);
    let shown = answer_of(&[FARGO, TOY_STORY, 8]);
    let after = |text: &str| {
        let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
        computed(json!({ "text": text }), &viewer, &library)
    };
    let words = |spec: &Spec| spec.reading.as_ref().unwrap().words.clone();
    for (text, read_as) in [
        ("better known ones", "Films, better known, Comedy, 1990–1999"),
        ("something less famous", "Films, Comedy, 1990–1999, less known"),
        ("nothing romantic", "Films, Comedy, no Romance, 1990–1999"),
        ("not from 1995", "Films, without 1995, Comedy, 1990–1999"),
        ("top 20", "Films, Comedy, 1990–1999"),
        ("it doesn't have to be a comedy", "Films, 1990–1999"),
        ("aunque no sean de los 90", "Películas, comedia"),
    ] {
        assert_eq!(words(&after(text)), read_as, "{text}");
    }
    assert_eq!(after("top 20").ranking.n, 20);
    assert_eq!(after("not from 1995").filters.exclude_movie_ids, [HEAT, TOY_STORY, 7, 8]);
}

#[test]
fn a_genre_beside_another_asks_for_both_and_an_empty_list_keeps_what_was_asked() {
    let library = library();
    let first = computed(json!({ "text": "comedies from 1996" }), &stranger(), &library);
    for shown in [answer_of(&[FARGO]), answer_of(&[])] {
        let after = |text: &str| {
            let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
            computed(json!({ "text": text }), &viewer, &library)
        };
        let beside = after("but with some crime");
        assert_eq!(beside.reading.unwrap().words, "Films, Comedy + Crime, 1996");
        assert_eq!((beside.filters.genres, beside.filters.movie_ids), (Vec::<String>::new(), vec![FARGO]));
        assert_eq!(after("only crime").filters.genres, ["Crime"]);
        assert_eq!(after("nothing romantic").reading.unwrap().words, "Films, Comedy, no Romance, 1996");
        assert_eq!(after("funnier").reading.unwrap().words, "Films, Comedy, 1996");
    }
}

#[test]
fn films_are_added_to_a_question_and_dropped_from_it() {
    let library = library();
    let first = computed(json!({ "text": "films like Heat and Alien, no romance" }), &stranger(), &library);
    let shown = answer_of(&[TOY_STORY]);
    let after = |text: &str| {
        let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
        computed(json!({ "text": text }), &viewer, &library)
    };
    let dropped = after("drop Alien");
    assert_eq!((dropped.like(), &dropped.filters.exclude_genres), (vec![HEAT], &first.filters.exclude_genres));
    assert_eq!(dropped.reading.unwrap().words, "Films like Heat (1995), no Romance");
    assert_eq!(after("add Fargo").like(), [HEAT, ALIEN, FARGO]);
    assert_eq!(after("añade Fargo").like(), [HEAT, ALIEN, FARGO]);
}

#[test]
fn a_film_that_is_spoken_against_stands_in_the_reading() {
    let spec = computed(json!({ "text": "I loved Fargo but hated Heat" }), &stranger(), &library());
    assert_eq!((spec.like(), &spec.filters.exclude_movie_ids), (vec![FARGO], &vec![HEAT]));
    assert_eq!(spec.reading.unwrap().words, "Films like Fargo (1996), without Heat (1995)");
}

#[test]
fn why_asks_for_one_film_and_more_goes_on_with_what_was_before() {
    let library = library();
    let first = computed(json!({ "like": [HEAT], "n": 2 }), &stranger(), &library);
    let shown = answer_of(&[FARGO, TOY_STORY]);
    let viewer = Viewer { last: Some((&first, &shown)), hidden: vec![FARGO], ..stranger() };
    let why = computed(json!({ "text": "why Fargo?" }), &viewer, &library);
    assert_eq!((why.filters.movie_ids.as_slice(), why.ranking.n), ([FARGO].as_slice(), 1));
    assert_eq!((&why.profile, why.neighbours), (&first.profile, first.neighbours), "the reasons are the answer's");
    assert!(!why.filters.exclude_seen && why.filters.exclude_movie_ids.is_empty(), "the film was shown, after all");

    let reasons = answer_of(&[FARGO]);
    let viewer = Viewer { last: Some((&why, &reasons)), ..stranger() };
    let more = computed(json!({ "text": "more" }), &viewer, &library);
    assert_eq!((more.filters.exclude_movie_ids.as_slice(), more.ranking.n), ([FARGO, TOY_STORY].as_slice(), 2));
    assert!(more.filters.movie_ids.is_empty());
}

#[test]
fn more_after_a_first_why_is_about_all_films_again() {
    let library = library();
    let why = computed(json!({ "text": "why Fargo?" }), &fan_of_heat(), &library);
    let reasons = answer_of(&[FARGO]);
    let viewer = Viewer { last: Some((&why, &reasons)), ..fan_of_heat() };
    let more = computed(json!({ "text": "more" }), &viewer, &library);
    assert!(more.filters.movie_ids.is_empty(), "{:?}", more.filters);
    assert_eq!(more.ranking.n, DEFAULT_N);
}

#[test]
fn a_rating_in_words_is_stored_and_not_computed() {
    let library = library();
    let rate = |text: &str| match resolved(json!({ "text": text }), &stranger(), &library) {
        Resolved::Rate { movie, rating, .. } => (movie, rating.stars()),
        other => panic!("{text} gives {other:?}"),
    };
    assert_eq!(rate("rate Toy Story 4.5"), (TOY_STORY, 4.5));
    match resolved(json!({ "text": "rate Toy Story 9" }), &stranger(), &library) {
        Resolved::SayOf { reply: Reply::Clarify { message, options }, movie: TOY_STORY, last: Last::OffScale } => {
            assert!(message.contains("4.5 stars"), "{message}");
            let [choice] = &options[..] else { panic!("{options:?}") };
            assert_eq!(rate(&choice.text), (TOY_STORY, 4.5));
        }
        other => panic!("a rating out of ten gives {other:?}"),
    }
    match resolved(json!({ "text": "rate Toy Story 12" }), &stranger(), &library) {
        Resolved::SayOf { reply: Reply::Help { message, .. }, movie: TOY_STORY, last: Last::OffScale } => {
            assert!(message.contains("Toy Story"), "{message}");
        }
        other => panic!("a rating off the scale gives {other:?}"),
    }
}

#[test]
fn what_is_not_understood_gets_help_with_examples_that_work() {
    let library = library();
    for text in ["", "?!", "xyzzy plugh"] {
        let examples = match resolved(json!({ "text": text }), &stranger(), &library) {
            Resolved::Say(Reply::Help { examples, .. }) => examples,
            other => panic!("{text:?} gives {other:?}"),
        };
        assert!(!examples.is_empty());
        for example in examples {
            let tried = resolved(json!({ "text": example }), &fan_of_heat(), &library);
            assert!(!matches!(tried, Resolved::Say(_)), "the example {example:?} only gives {tried:?}");
        }
    }
}

#[test]
fn every_spec_is_the_same_after_a_restart() {
    let library = library();
    let first = computed(json!({ "like": [HEAT], "filters": { "genres": ["Comedy"] } }), &stranger(), &library);
    let shown = answer_of(&[FARGO]);
    let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
    for payload in [json!({ "user_id": 1 }), json!({ "user_id": 99 }), json!({ "text": "why Fargo?" })] {
        let spec = computed(payload, &viewer, &library);
        let stored = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<Spec>(&stored).unwrap(), spec);
    }
}

#[test]
fn ratings_made_since_count_in_more() {
    let library = library();
    let ask = |text: &str| json!({ "text": text });
    let first = computed(ask("recommend me something"), &stranger(), &library);
    assert_eq!(first.note, Some(Note::EmptyProfile));
    let nothing_shown = json!({ "recommendations": [] });
    let rated_since = Viewer { last: Some((&first, &nothing_shown)), ..fan_of_heat() };
    let more = computed(ask("more"), &rated_since, &library);
    assert_eq!((more.note, more.own), (None, true), "there are ratings now");

    let like = computed(ask("films like Alien"), &stranger(), &library);
    let rated_since = Viewer { last: Some((&like, &nothing_shown)), ..fan_of_heat() };
    let more = computed(ask("more"), &rated_since, &library);
    assert!(more.filters.exclude_movie_ids.contains(&HEAT), "what was rated since is seen");

    let popular = computed(ask("popular"), &stranger(), &library);
    let rated_since = Viewer { last: Some((&popular, &nothing_shown)), ..fan_of_heat() };
    let more = computed(ask("more"), &rated_since, &library);
    assert_eq!(more.profile, [(HEAT, half_stars(10))], "what was rated since is seen");
}

#[test]
fn what_was_asked_for_holds_on_after_the_first_rating() {
    let library = library();
    let asked = computed(json!({ "text": "3 less known films without Fargo" }), &stranger(), &library);
    assert_eq!((asked.source, asked.topics.len()), (Source::Popular, 1));
    let answer = answer_of(&[HEAT, ALIEN]);
    let viewer = Viewer { last: Some((&asked, &answer)), ..fan_of_heat() };
    for text in ["from the 90s", "more"] {
        let again = computed(json!({ "text": text }), &viewer, &library);
        assert_eq!(again.source, Source::Neighbours, "{text}: there is a rating now");
        assert_eq!((again.topics, again.ranking.n), (asked.topics.clone(), 3), "{text}");
        assert_eq!(again.ranking.popularity_penalty, PopularityPenalty::Strong, "{text}");
        let chips = again.reading.unwrap().chips;
        assert!(chips.iter().any(|chip| chip.label.contains("Fargo")), "{text}: {chips:?}");
    }
}

#[test]
fn an_earlier_question_asked_again_counts_what_was_rated_and_hidden_since() {
    let library = library();
    let asked = computed(json!({ "text": "crime films without Fargo" }), &stranger(), &library);
    let now = Viewer { hidden: vec![ALIEN], ..fan_of_heat() };
    let again = asked_again(asked.clone(), &now, &library);
    assert_eq!((again.source, again.note, again.own), (Source::Neighbours, None, true), "there is a rating now");
    assert_eq!((again.topics, &again.filters.genres), (asked.topics, &asked.filters.genres));
    assert!(again.filters.exclude_movie_ids.contains(&ALIEN), "what was hidden since stays hidden");
}

#[test]
fn films_of_the_list_are_marked_by_their_places() {
    let library = library();
    let first = computed(json!({ "like": [HEAT] }), &stranger(), &library);
    let shown = answer_of(&[FARGO, TOY_STORY, ALIEN]);
    let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
    let marked = |text: &str| match resolved(json!({ "text": text }), &viewer, &library) {
        Resolved::Mark { movies, kind, .. } => (movies, kind),
        other => panic!("{text} gives {other:?}"),
    };
    assert_eq!(marked("seen 1 and 3"), (vec![FARGO, ALIEN], FeedbackKind::Seen));
    assert_eq!(marked("he visto las dos primeras"), (vec![FARGO, TOY_STORY], FeedbackKind::Seen));
    assert_eq!(marked("not 2"), (vec![TOY_STORY], FeedbackKind::NotInterested));
    match resolved(json!({ "text": "not that one" }), &viewer, &library) {
        Resolved::Say(Reply::Help { message, .. }) => assert!(message.contains("Which film"), "{message}"),
        other => panic!("one of three is guessed: {other:?}"),
    }
}

#[test]
fn places_count_the_list_also_after_a_why() {
    let library = library();
    let first = computed(json!({ "like": [HEAT] }), &stranger(), &library);
    let shown = answer_of(&[FARGO, TOY_STORY, ALIEN]);
    let viewer = Viewer { last: Some((&first, &shown)), ..stranger() };
    let why = computed(json!({ "text": "why 1?" }), &viewer, &library);
    let reasons = answer_of(&[FARGO]);
    let viewer = Viewer { last: Some((&why, &reasons)), ..stranger() };
    let why_third = computed(json!({ "text": "and why the third?" }), &viewer, &library);
    assert_eq!(why_third.filters.movie_ids, [ALIEN]);
    let reasons = answer_of(&[ALIEN]);
    let viewer = Viewer { last: Some((&why_third, &reasons)), ..stranger() };
    match resolved(json!({ "text": "hide it" }), &viewer, &library) {
        Resolved::Mark { movies, .. } => assert_eq!(movies, [ALIEN], "it is the film asked about"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn stars_alone_are_of_the_film_that_was_rated_last() {
    let library = library();
    let rating = |text: &str, viewer: &Viewer<'_>| match resolved(json!({ "text": text }), viewer, &library) {
        Resolved::Rate { movie, rating, .. } => Some((movie, rating.stars())),
        _ => None,
    };
    let just_rated = Viewer { spoken_of: Some((FARGO, Last::Rating)), ..stranger() };
    assert_eq!(rating("make it 4.5", &just_rated), Some((FARGO, 4.5)));
    assert_eq!(rating("mejor un 8/10", &just_rated), Some((FARGO, 4.0)));
    let just_told_of = Viewer { spoken_of: Some((FARGO, Last::Film)), ..stranger() };
    assert_eq!(rating("5", &just_told_of), None, "no stars were asked for");
}

#[test]
fn undo_drops_an_open_question_before_it_undoes_anything() {
    let library = library();
    let undo = |viewer: &Viewer<'_>| resolved(json!({ "text": "undo" }), viewer, &library);
    assert!(matches!(undo(&stranger()), Resolved::Undo));
    let question = Reply::Clarify { message: String::new(), options: Vec::new() };
    let asked_back = Viewer { said_last: Some(&question), ..stranger() };
    assert!(matches!(undo(&asked_back), Resolved::Say(_)));
}

#[test]
fn a_title_that_no_film_has_is_asked_and_yes_takes_the_one_that_was_offered() {
    let library = library();
    let question = match resolved(json!({ "text": "films like Frgo 1950" }), &stranger(), &library) {
        // The film is only offered: until it is taken nothing is said of it.
        Resolved::Say(question @ Reply::Clarify { .. }) => question,
        other => panic!("{other:?}"),
    };
    let Reply::Clarify { options, .. } = &question else { unreachable!("it was matched above") };
    assert_eq!(options.iter().map(|option| option.label.as_str()).collect::<Vec<_>>(), ["Fargo (1996)"]);
    let asked = Viewer { said_last: Some(&question), ..stranger() };
    assert_eq!(computed(json!({ "text": "yes" }), &asked, &library).like(), [FARGO]);
}

#[test]
fn an_alternative_widens_the_question_before() {
    let library = library();
    let first = computed(json!({ "text": "90s comedies" }), &stranger(), &library);
    let answer = answer_of(&[FARGO]);
    let viewer = Viewer { last: Some((&first, &answer)), ..stranger() };
    let filters = |text: &str| computed(json!({ "text": text }), &viewer, &library).filters;
    let wider = filters("or the 80s");
    assert_eq!((wider.year_from, wider.year_to), (Some(1980), Some(1999)));
    assert_eq!(wider.genres, first.filters.genres);
    let either = filters("or drama");
    assert_eq!(either.genres.len(), 2, "{:?}", either.genres);
    assert_eq!((either.year_from, either.year_to), (Some(1990), Some(1999)));
}

#[test]
fn a_shorter_film_is_said_to_be_so_and_not_of_the_length_that_was_asked_for_before() {
    let library = library_with_lengths(&[(HEAT, 170), (ALIEN, 117), (FARGO, 98), (TOY_STORY, 81)]);
    let long = computed(json!({ "text": "at least 2 hours" }), &stranger(), &library);
    assert_eq!(long.filters.movie_ids, [HEAT]);
    let answer = answer_of(&[HEAT]);
    let after = Viewer { last: Some((&long, &answer)), ..stranger() };
    let shorter = computed(json!({ "text": "shorter" }), &after, &library);
    let mut films = shorter.filters.movie_ids.clone();
    films.sort_unstable();
    assert_eq!(films, [ALIEN, FARGO, TOY_STORY]);
    assert_eq!(shorter.reading.unwrap().words, "Films, no more than 169 minutes");
}

/// Of all short films only the best known are asked for, and a film that few know may be short, too.
#[test]
fn of_many_films_of_a_length_one_that_hardly_anybody_knows_is_found_by_who_made_it() {
    const COUNT: MovieId = 1100;
    let library = library_of_short_films(COUNT);
    for said in [["under 2 hours", "directed by Jane Rare"], ["directed by Jane Rare", "under 2 hours"]] {
        let first = computed(json!({ "text": said[0] }), &stranger(), &library);
        let answer = answer_of(&[COUNT]);
        let after = Viewer { last: Some((&first, &answer)), ..stranger() };
        let then = computed(json!({ "text": said[1] }), &after, &library);
        assert_eq!(then.filters.movie_ids, [COUNT], "{said:?}");
    }
}

#[test]
fn of_many_films_of_a_length_those_are_kept_that_meet_the_other_conditions() {
    const COUNT: MovieId = 1100;
    let library = library_of_short_films(COUNT);
    let ids = |year: u16, viewer: &Viewer<'_>| {
        let text = format!("under 2 hours, from {year}");
        computed(json!({ "text": text }), viewer, &library).filters.movie_ids
    };
    // The last film is of another year than all others, and nobody has rated it.
    assert_eq!(ids(1991, &stranger()), [COUNT]);
    assert_eq!(ids(1990, &stranger()).len(), 1000);
    assert_eq!(ids(1950, &stranger()), [MovieId::MAX], "there is none, and not all of them");

    // What was kept for one year is not what is looked through for another.
    let first = computed(json!({ "text": "under 2 hours, from 1991" }), &stranger(), &library);
    let answer = answer_of(&[COUNT]);
    let after = Viewer { last: Some((&first, &answer)), ..stranger() };
    let then = computed(json!({ "text": "from 1990" }), &after, &library);
    assert_eq!(then.filters.movie_ids.len(), 1000);
    let why = computed(json!({ "text": "why the first?" }), &after, &library);
    assert_eq!(why.filters.movie_ids, [COUNT]);
}
