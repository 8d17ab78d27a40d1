//! What people said after a list, or against something, and saw read as something else. Longer than other files: a list of cases.

use super::sample::{index_with_facts, sample};
use super::*;
use crate::{ClarifyOption, Context, Earlier, Last, Mark, Shift, Topic, TopicKind, Wanted, understand_in};

fn film(index: &TitleIndex, name: &str) -> u32 {
    match index.find(name) {
        TitleMatch::One(movie) => movie,
        other => panic!("{name}: {other:?}"),
    }
}

/// The sample with facts, and a list of five films.
struct Shown {
    catalogue: Catalogue,
    index: TitleIndex,
    list: Vec<u32>,
}

impl Shown {
    fn new() -> Option<Shown> {
        let catalogue = sample()?;
        let index = index_with_facts(&catalogue);
        let titles = ["Heat (1995)", "Alien (1979)", "The Matrix (1999)", "Fargo (1996)", "Jaws (1975)"];
        let list = titles.iter().map(|title| film(&index, title)).collect();
        Some(Shown { catalogue, index, list })
    }

    fn after_list(&self, sentence: &str) -> Understood {
        self.with(sentence, &Context { shown: &self.list, goes_on: true, ..Context::default() })
    }

    fn with(&self, sentence: &str, context: &Context<'_>) -> Understood {
        understand_in(sentence, Lang::En, &self.index, &self.catalogue, context)
    }

    fn left_out(&self, sentence: &str) -> Vec<u32> {
        let understood = self.with(sentence, &Context::default());
        match understood.intent.filters() {
            Some(filters) => filters.exclude_movie_ids.clone(),
            None => panic!("{sentence:?}: {understood:?}"),
        }
    }
}

#[test]
fn a_limit_alone_is_no_new_question_after_a_list() {
    let Some(shown) = Shown::new() else { return };
    for sentence in [
        "more than two hours",
        "shorter than 2 hours",
        "90 minutes or less",
        "ok older than 1980",
        "any decade except the 2010s",
        "más de dos horas",
        "de hora y media como mucho",
        "anteriores al 85",
        "de cualquier década menos los 90",
        "in space",
    ] {
        let understood = shown.after_list(sentence);
        assert!(matches!(understood.intent, Intent::Refine { .. }), "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_list_that_had_no_film_is_still_the_question_before() {
    let Some(shown) = Shown::new() else { return };
    let context = Context { goes_on: true, ..Context::default() };
    for sentence in ["funnier", "from the 70s", "without zombies", "only comedies", "de este siglo"] {
        let understood = shown.with(sentence, &context);
        assert!(matches!(understood.intent, Intent::Refine { .. }), "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_genre_that_is_added_is_beside_the_one_before_and_one_that_is_named_alone_instead_of_it() {
    let Some(shown) = Shown::new() else { return };
    for (sentence, wanted) in [
        ("but with some romance", Some(Shift::Besides)),
        ("but funny", Some(Shift::Besides)),
        ("y con crimen", Some(Shift::Besides)),
        ("funnier", Some(Shift::Besides)),
        ("only comedies", Some(Shift::Instead)),
        ("make it horror", Some(Shift::Instead)),
        ("solo comedias", Some(Shift::Instead)),
    ] {
        let understood = shown.after_list(sentence);
        let Intent::Refine { filters, shift, .. } = &understood.intent else { panic!("{sentence:?}: {understood:?}") };
        assert_eq!((filters.genres.len(), *shift), (1, wanted), "{sentence:?}");
    }
}

#[test]
fn top_5_is_no_film_in_words_it_is() {
    let Some(shown) = Shown::new() else { return };
    let understood = shown.after_list("top 5");
    assert_eq!(understood.n, Some(5));
    assert!(matches!(understood.intent, Intent::Refine { .. }), "{understood:?}");
    assert!(matches!(shown.with("Top Five", &Context::default()).intent, Intent::Like { .. }));
}

#[test]
fn films_that_are_all_too_famous_are_not_asked_for() {
    let Some(shown) = Shown::new() else { return };
    for sentence in ["these are all too famous", "too mainstream", "son demasiado conocidas"] {
        let understood = shown.after_list(sentence);
        assert_eq!(understood.intent, Intent::LessKnown, "{sentence:?}");
    }
}

#[test]
fn who_leaves_out_star_wars_leaves_out_all_of_it() {
    let Some(shown) = Shown::new() else { return };
    for (sentence, title) in [
        ("sci fi that isn't star wars", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ("christopher nolan films that aren't batman", "Batman Begins (2005)"),
        ("películas de superhéroes pero sin Batman", "Batman Returns (1992)"),
        ("sin Piratas del Caribe", "Pirates of the Caribbean: Dead Man's Chest (2006)"),
    ] {
        let movie = film(&shown.index, title);
        assert!(shown.left_out(sentence).contains(&movie), "{sentence:?} leaves {title} in");
    }
}

#[test]
fn not_slashers_leaves_other_horror_in() {
    let Some(shown) = Shown::new() else { return };
    for sentence in ["not slashers", "nada de slashers"] {
        let understood = shown.after_list(sentence);
        let Intent::Refine { filters, .. } = &understood.intent else { panic!("{sentence:?}: {understood:?}") };
        assert!(filters.exclude_genres.is_empty() && !filters.exclude_movie_ids.is_empty(), "{sentence:?}");
    }
}

#[test]
fn what_somebody_is_scared_of_is_not_asked_for() {
    let Some(shown) = Shown::new() else { return };
    for sentence in ["she's scared of ghosts", "my son is afraid of sharks", "le dan miedo los fantasmas"] {
        let understood = shown.after_list(sentence);
        let filters = understood.intent.filters().unwrap_or_else(|| panic!("{sentence:?}: {understood:?}"));
        assert!(filters.movie_ids.is_empty() && !filters.exclude_movie_ids.is_empty(), "{sentence:?}: {understood:?}");
    }
}

#[test]
fn who_cannot_stand_somebody_is_asked_for_no_stars() {
    let Some(shown) = Shown::new() else { return };
    let sandler = film(&shown.index, "Happy Gilmore (1996)");
    assert!(shown.left_out("I can't stand Adam Sandler").contains(&sandler));
    assert!(shown.left_out("thrillers, no Hitchcock").contains(&film(&shown.index, "Vertigo (1958)")));
    let titles_alone = TitleIndex::build(&shown.catalogue);
    for sentence in ["I can't stand Adam Sandler", "i'm not in the mood for anything heavy", "no hitchcock"] {
        let understood = understand(sentence, Lang::En, &titles_alone, &shown.catalogue);
        let is_honest = matches!(understood.intent, Intent::NotUnderstood { .. } | Intent::OutsideTheData { .. });
        assert!(is_honest, "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_name_with_a_letter_amiss_is_that_persons_and_no_one_elses() {
    let Some(shown) = Shown::new() else { return };
    for (sentence, name) in [
        ("anything with robert de nero", "Robert De Niro"),
        ("films with leo dicaprio", "Leonardo DiCaprio"),
        ("movies with scarlett johanson", "Scarlett Johansson"),
        ("which films has Kubrick made", "Stanley Kubrick"),
    ] {
        let understood = shown.with(sentence, &Context::default());
        let named: Vec<&str> = understood.topics.iter().map(|topic| topic.label.as_str()).collect();
        assert_eq!(named, [name], "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_length_is_read_whole_wherever_its_words_stand() {
    let Some(shown) = Shown::new() else { return };
    for (sentence, minutes) in [
        ("i only have 1h 45", "105"),
        ("under 1h30", "90"),
        ("i have an hour and a half", "90"),
        ("under 1 hour and 40 minutes", "100"),
        ("una peli de hora y media como mucho", "90"),
        ("something of 100 minutes or less", "100"),
    ] {
        let understood = shown.with(sentence, &Context::default());
        let named: Vec<&str> = understood.topics.iter().map(|topic| topic.label.as_str()).collect();
        assert_eq!(named, [minutes], "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_place_and_a_question_after_it_are_about_that_film() {
    let Some(shown) = Shown::new() else { return };
    let alien = shown.list[1];
    for (sentence, wanted) in [
        ("number 2 please, who directed it", Wanted::Director),
        ("the 2nd one looks cool, whos in it", Wanted::Cast),
        ("la segunda, ¿quién sale?", Wanted::Cast),
        ("is the second good?", Wanted::Opinion),
        ("¿y la 2 es buena?", Wanted::Opinion),
    ] {
        assert_eq!(shown.after_list(sentence).intent, Intent::About { wanted, movie: alien }, "{sentence:?}");
    }
    let jaws = Intent::About { wanted: Wanted::Director, movie: shown.list[4] };
    assert_eq!(shown.after_list("otra cosa: ¿quién dirigió Tiburón?").intent, jaws);
}

#[test]
fn several_films_are_seen_at_once() {
    let Some(shown) = Shown::new() else { return };
    let seen = Intent::Mark { movies: vec![shown.list[4], shown.list[1]], mark: Mark::Seen };
    for sentence in ["ya vi Tiburón y Alien", "I've seen Jaws and Alien"] {
        assert_eq!(shown.with(sentence, &Context::default()).intent, seen, "{sentence:?}");
    }
}

#[test]
fn words_of_the_grammar_are_no_part_of_a_title() {
    let Some(shown) = Shown::new() else { return };
    for sentence in ["what did I rate so far?", "have I seen any of these?"] {
        let understood = shown.after_list(sentence);
        let is_no_title =
            matches!(understood.intent, Intent::MyRatings | Intent::MySeen | Intent::NotUnderstood { .. });
        assert!(is_no_title, "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_second_rating_needs_no_verb() {
    let Some(shown) = Shown::new() else { return };
    let context = Context { about: Some(shown.list[0]), last: Last::Rating, ..Context::default() };
    let understood = shown.with("and Fargo 3", &context);
    assert!(matches!(&understood.intent, Intent::Rate { movie, .. } if *movie == shown.list[3]), "{understood:?}");
}

#[test]
fn an_alternative_after_a_list_is_either_and_what_about_is_instead() {
    let Some(shown) = Shown::new() else { return };
    for (sentence, wanted) in [
        ("or Spain", Shift::Either),
        ("o noruega", Shift::Either),
        ("or the 70s", Shift::Either),
        ("what about Denmark?", Shift::Instead),
        ("swedish", Shift::Instead),
        ("zombies", Shift::Instead),
    ] {
        let understood = shown.after_list(sentence);
        let Intent::Refine { shift, .. } = &understood.intent else { panic!("{sentence:?}: {understood:?}") };
        assert_eq!(*shift, Some(wanted), "{sentence:?}");
    }
}

#[test]
fn countries_with_an_or_or_an_and_are_either_of_them() {
    let Some(shown) = Shown::new() else { return };
    let films = |sentence: &str| {
        let understood = shown.with(sentence, &Context::default());
        understood.intent.filters().unwrap_or_else(|| panic!("{sentence:?}: {understood:?}")).movie_ids.clone()
    };
    let (danish, polish) = (films("danish films"), films("polish films"));
    assert!(!danish.is_empty() && !polish.is_empty());
    for sentence in ["danish or polish films", "danish and polish films", "either danish or polish films"] {
        let both = films(sentence);
        assert!(danish.iter().chain(&polish).all(|movie| both.contains(movie)), "{sentence:?}: {both:?}");
    }
    let known = |sentence: &str| shown.with(sentence, &Context::default()).topics;
    assert_eq!(known("films by kubrick or scorsese or spielberg").len(), 1);
    assert_eq!(known("films with al pacino and robert de niro").len(), 2);
}

#[test]
fn the_longest_of_a_list_is_a_film_of_it() {
    let Some(shown) = Shown::new() else { return };
    for (sentence, intent) in [
        ("which one is the oldest", Intent::About { wanted: Wanted::Year, movie: shown.list[4] }),
        ("¿cuál es la más nueva?", Intent::About { wanted: Wanted::Year, movie: shown.list[2] }),
        ("which of these is the longest", Intent::About { wanted: Wanted::Runtime, movie: shown.list[0] }),
        ("la más corta", Intent::About { wanted: Wanted::Runtime, movie: shown.list[3] }),
        ("the 1979 one", Intent::About { wanted: Wanted::Plot, movie: shown.list[1] }),
        ("la de 1975", Intent::About { wanted: Wanted::Plot, movie: shown.list[4] }),
    ] {
        assert_eq!(shown.after_list(sentence).intent, intent, "{sentence:?}");
    }
}

#[test]
fn a_namesake_of_another_year_is_meant_instead() {
    let Some(shown) = Shown::new() else { return };
    let (new, old) = (film(&shown.index, "Titanic (1997)"), film(&shown.index, "Titanic (1953)"));
    let context = Context { shown: &shown.list, goes_on: true, like: &[new], about: Some(new), ..Context::default() };
    assert_eq!(shown.with("the 1953 one", &context).intent, Intent::LikeInstead { movies: vec![old] });
    let rated = shown.with("le doy un 4", &context).intent;
    assert!(matches!(rated, Intent::Rate { movie, .. } if movie == new), "{rated:?}");
}

#[test]
fn what_is_no_rating_and_no_film_is_said_to_be_not_understood() {
    let Some(shown) = Shown::new() else { return };
    for sentence in ["give me 2 random ones", "dime 4 cualquiera"] {
        let understood = shown.after_list(sentence);
        assert!(!matches!(understood.intent, Intent::Rate { .. }), "{sentence:?}: {understood:?}");
    }
    for sentence in ["is it going to rain tonight", "recommend me a novel", "tv shows like Breaking Bad"] {
        let understood = shown.after_list(sentence);
        let is_honest = matches!(understood.intent, Intent::NotUnderstood { .. } | Intent::OutsideTheData { .. });
        assert!(is_honest, "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_series_is_read_before_the_war_in_its_name_and_a_scary_movie_is_none() {
    let Some(shown) = Shown::new() else { return };
    let empire = film(&shown.index, "Star Wars: Episode V - The Empire Strikes Back (1980)");
    let understood = shown.with("I have watched all the Star Wars", &Context::default());
    let Intent::Mark { movies, mark: Mark::Seen } = &understood.intent else { panic!("{understood:?}") };
    assert!(movies.contains(&empire) && movies.len() > 3, "{movies:?}");
    let scary = shown.with("a scary movie that is not american", &Context::default());
    assert_eq!(scary.intent.filters().map(|filters| filters.genres.as_slice()), Some(&["Horror".to_owned()][..]));
}

#[test]
fn a_no_at_the_end_rules_out_and_a_surname_after_some_is_somebody() {
    let Some(shown) = Shown::new() else { return };
    let batman = film(&shown.index, "Batman Begins (2005)");
    assert!(shown.left_out("batman no").contains(&batman));
    assert!(matches!(shown.with("Dr. No", &Context::default()).intent, Intent::Like { .. }));
    for (sentence, name) in [
        ("some hitchcock", "Alfred Hitchcock"),
        ("algo de Nolan", "Christopher Nolan"),
        ("early spielberg", "Steven Spielberg"),
        ("alguna de almodóvar", "Pedro Almodóvar"),
    ] {
        let understood = shown.with(sentence, &Context::default());
        let named: Vec<&str> = understood.topics.iter().map(|topic| topic.label.as_str()).collect();
        assert_eq!(named, [name], "{sentence:?}: {understood:?}");
    }
}

#[test]
fn another_title_after_a_question_about_a_film_asks_the_same_of_it() {
    let Some(shown) = Shown::new() else { return };
    let heat = film(&shown.index, "Heat (1995)");
    let alien = film(&shown.index, "Alien (1979)");
    let after = |wanted| {
        let (about, last) = Intent::About { wanted, movie: heat }.speaks_of();
        Context { shown: &shown.list, goes_on: true, about, last, ..Context::default() }
    };
    for (wanted, sentence) in [
        (Wanted::Director, "and alien?"),
        (Wanted::Director, "what about Alien"),
        (Wanted::Cast, "y alien?"),
        (Wanted::Year, "how about alien?"),
        (Wanted::Genre, "and alien?"),
        (Wanted::Plot, "and alien?"),
        (Wanted::Opinion, "and what about alien?"),
        (Wanted::Runtime, "¿y Alien?"),
        (Wanted::Country, "and alien?"),
    ] {
        let understood = shown.with(sentence, &after(wanted));
        assert_eq!(understood.intent, Intent::About { wanted, movie: alien }, "{sentence:?}");
    }
    // A film of the list is one as well.
    for sentence in ["y la segunda?", "and number 2", "and in the second one?"] {
        let understood = shown.with(sentence, &after(Wanted::Cast));
        assert_eq!(understood.intent, Intent::About { wanted: Wanted::Cast, movie: shown.list[1] }, "{sentence:?}");
    }
    // Kinds of films are no other titles, and after a list a title is a wish.
    for (sentence, context) in [
        ("and comedies?", after(Wanted::Director)),
        ("and alien?", Context { shown: &shown.list, goes_on: true, ..Context::default() }),
    ] {
        let understood = shown.with(sentence, &context);
        assert!(!matches!(understood.intent, Intent::About { .. }), "{sentence:?}: {understood:?}");
    }
}

#[test]
fn what_a_film_should_be_more_of_counts_beside_its_likeness() {
    let Some(shown) = Shown::new() else { return };
    for (sentence, genre) in [
        ("like jaws but funnier", "Comedy"),
        ("something like alien but scarier", "Horror"),
        ("como tiburón pero más divertida", "Comedy"),
        ("movies that make you cry", "Drama"),
        ("estoy depre", "Comedy"),
        ("peliculas como alien pero mas miedo", "Horror"),
    ] {
        let understood = shown.with(sentence, &Context::default());
        let genres = understood.intent.filters().map(|filters| filters.genres.as_slice());
        assert_eq!(genres, Some(&[genre.to_owned()][..]), "{sentence:?}: {understood:?}");
        assert!(understood.ignored.is_empty(), "{sentence:?}: {understood:?}");
    }
}

#[test]
fn a_choice_can_be_told_by_who_is_in_it_or_made_it() {
    let Some(shown) = Shown::new() else { return };
    let option = |label: &str| ClarifyOption { label: label.to_owned(), text: format!("films like {label}") };
    let options = [option("Psycho (1960)"), option("Psycho (1998)")];
    let context = Context { options: &options, ..Context::default() };
    let psycho = film(&shown.index, "Psycho (1960)");
    for sentence in [
        "the one with anthony perkins",
        "la de Perkins",
        "la de Alfred Hitchcock",
        "the one by hitchcock",
        "anthony perkins",
    ] {
        let understood = shown.with(sentence, &context);
        let Intent::Like { movies, .. } = &understood.intent else { panic!("{sentence:?}: {understood:?}") };
        assert_eq!(movies, &[psycho], "{sentence:?}");
    }
    // Somebody who is in none of them tells nothing.
    for sentence in ["the one with jim carrey", "jim carrey"] {
        let understood = shown.with(sentence, &context);
        assert!(!matches!(understood.intent, Intent::Like { .. }), "{sentence:?}: {understood:?}");
    }
}

#[test]
fn what_else_they_did_and_more_about_a_place_are_no_titles() {
    let Some(shown) = Shown::new() else { return };
    let alien = film(&shown.index, "Alien (1979)");
    let (about, last) = Intent::About { wanted: Wanted::Director, movie: alien }.speaks_of();
    let asked = Context { goes_on: true, about, last, ..Context::default() };
    for sentence in ["what else did they do", "what else have they made", "tienes más de ese director"] {
        let understood = shown.with(sentence, &asked);
        let movies = understood.intent.filters().map(|filters| filters.movie_ids.contains(&alien));
        assert_eq!(movies, Some(true), "{sentence:?}: {understood:?}");
    }
    for sentence in ["dime más de la 1", "dime algo más de la primera", "more about number 1"] {
        let understood = shown.after_list(sentence);
        let heat = Intent::About { wanted: Wanted::Plot, movie: shown.list[0] };
        assert_eq!(understood.intent, heat, "{sentence:?}");
    }
    let rated = shown.with("whats alien rated", &Context::default());
    assert_eq!(rated.intent, Intent::About { wanted: Wanted::Opinion, movie: alien });
}

#[test]
fn a_kind_of_film_for_children_is_both() {
    let Some(shown) = Shown::new() else { return };
    for sentence in [
        "funny movies for kids",
        "comedies for kids",
        "a comedy for my 5 year old",
        "comedias para niños",
        "una comedia para un niño de 6 años",
    ] {
        let understood = shown.with(sentence, &Context::default());
        let said: Vec<&str> = understood.topics.iter().map(|topic| topic.label.as_str()).collect();
        assert!(matches!(said[..], ["Comedy + Children" | "Children + Comedy"]), "{sentence:?}: {understood:?}");
    }
    // Two wishes are either.
    for sentence in ["comedies or films for kids", "movies for kids"] {
        let understood = shown.with(sentence, &Context::default());
        assert_eq!(understood.topics, [], "{sentence:?}");
    }
}

/// A translator's line that no pattern knows would ask something else of the other film.
#[test]
fn every_question_that_goes_on_is_read_as_what_it_asks() {
    let Some(shown) = Shown::new() else { return };
    let alien = film(&shown.index, "Alien (1979)");
    let lines = include_str!("../../data/again.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let [_, wanted, question] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
        let understood = shown.with(&question.replace('*', "alien"), &Context::default());
        let wanted = Wanted::from_name(wanted).unwrap_or_else(|| panic!("{line:?}"));
        assert_eq!(understood.intent, Intent::About { wanted, movie: alien }, "{line:?}");
        count += 1;
    }
    assert_eq!(count, 22);
}

#[test]
fn a_film_that_somebody_has_not_seen_is_not_marked_as_seen() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    for (sentence, is_seen) in [
        ("watched casablanca on a plane once", true),
        ("dont think i ever watched casablanca in my life", false),
        ("todavia nunca he visto casablanca en mi vida", false),
    ] {
        let intent = understand(sentence, Lang::En, &index, &catalogue).intent;
        assert_eq!(matches!(intent, Intent::Mark { mark: Mark::Seen, .. }), is_seen, "{sentence:?}: {intent:?}");
    }
}

#[test]
fn what_cannot_be_judged_is_said_to_be_so_with_what_is_known() {
    let Some(shown) = Shown::new() else { return };
    let alien = shown.catalogue.get(shown.list[1]).unwrap();
    let said = crate::replies::tagged(alien, "very sad", false, Lang::En);
    assert!(said.contains("can't judge") && said.contains("Horror"), "{said}");
    assert!(crate::replies::tagged(alien, "space", true, Lang::Es).contains("«space»"));
    let facts = shown.index.facts(alien.id);
    let about = |wanted| crate::replies::about(wanted, alien, MovieStats::default(), None, facts, Lang::En);
    let roles = about(Wanted::Role);
    assert!(roles.contains("I don't know") && roles.contains("Sigourney Weaver"), "{roles}");
    assert!(about(Wanted::Series).contains("I don't know of any other part"));
}

#[test]
fn whose_films_are_wanted_is_who_was_named_last() {
    let Some(shown) = Shown::new() else { return };
    let heat = shown.list[0];
    let pacino = Topic { kind: TopicKind::Cast, label: "Al Pacino".into(), said: "Al Pacino".into() };
    let asked = Context { shown: &shown.list, goes_on: true, person: Some(&pacino), ..Context::default() };
    let told = Context { about: Some(heat), last: Last::Asked(Wanted::Director), ..asked };
    for (sentence, context, name) in [
        ("any others of his", &asked, "Al Pacino"),
        ("más de él", &asked, "Al Pacino"),
        ("give me his other stuff", &told, "Michael Mann"),
        ("otras suyas", &told, "Michael Mann"),
        ("with the same actor", &told, "Al Pacino"),
    ] {
        let understood = shown.with(sentence, context);
        let named: Vec<&str> = understood.topics.iter().map(|topic| topic.label.as_str()).collect();
        assert_eq!(named, [name], "{sentence:?}: {understood:?}");
    }
    // Of nobody, they are nobody's.
    let of_nobody = shown.with("otras suyas", &Context::default());
    assert!(of_nobody.topics.is_empty(), "{of_nobody:?}");
}

#[test]
fn for_whom_films_are_stands_beside_what_they_are() {
    let Some(shown) = Shown::new() else { return };
    for (before, sentence) in [("Children", "animated"), ("Comedy", "for kids"), ("Horror", "para niños")] {
        let genres = [before.to_owned()];
        let context = Context { shown: &shown.list, goes_on: true, genres: &genres, ..Context::default() };
        let understood = shown.with(sentence, &context);
        let Intent::Refine { shift, .. } = understood.intent else { panic!("{sentence}: {understood:?}") };
        assert_eq!(shift, Some(Shift::Besides), "{before}, {sentence}");
    }
}

#[test]
fn the_first_list_is_not_the_one_before() {
    let Some(shown) = Shown::new() else { return };
    for sentence in ["go back to the first list", "vuelve a la primera lista", "take me back to the original list"] {
        assert_eq!(Earlier::said(sentence, &shown.index), Some(Earlier::First), "{sentence}");
    }
}

#[test]
fn a_short_title_that_is_misspelt_is_asked_for_before_it_is_rated() {
    let Some(shown) = Shown::new() else { return };
    for sentence in ["give Bond 4 stars", "rate Bond 3 and Heat 5", "Bond 4, Alien 5"] {
        let understood = shown.with(sentence, &Context::default());
        assert!(
            !matches!(understood.intent, Intent::Rate { .. } | Intent::RateSeveral { .. }),
            "{sentence}: {understood:?}"
        );
    }
}
