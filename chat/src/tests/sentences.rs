//! What people type, and what it should be read as: `tests/data/sentences.tsv` and `conversations.tsv`, drawn up before
//! the grammar. Counted as right, honest (says what it cannot do or asks) or wrong. Longer than other files: how each intent is
//! written down is one table.

use std::collections::BTreeSet;

use cineswarm_engine::HalfStars;

use super::sample::{index_with_facts, sample, tagged_index};
use super::*;
use crate::{ClarifyOption, Context, Last, Mark, NotRated, OfItself, Shift, Topic, TopicKind, Wanted, understand_in};

#[derive(Default)]
struct Count {
    right: usize,
    honest: usize,
    wrong: Vec<String>,
    asked: Vec<String>,
}

impl Count {
    fn all(&self) -> usize {
        self.right + self.honest + self.wrong.len()
    }

    fn take(&mut self, sentence: &str, wanted: &str, understood: &Understood, catalogue: &Catalogue) {
        let read = parts(&reading_in_short(understood, catalogue));
        let is_right = wanted.split(" | ").any(|wanted| parts(wanted) == read);
        let admits = |part: &String| part == "ask" || part.split(' ').next() == Some("honest");
        let is_honest = read.iter().any(admits) || !understood.ignored.is_empty();
        if is_right || (wanted.split(" | ").any(|wanted| wanted == "honest") && is_honest) {
            self.right += 1;
        } else if is_honest {
            self.honest += 1;
            self.asked.push(format!("{sentence:?}: {read:?} instead of {wanted:?}"));
        } else {
            self.wrong.push(format!("{sentence:?}: {read:?} instead of {wanted:?}"));
        }
    }

    fn hold(&self, what: &str, right_percent: usize, wrong_percent: usize) {
        let all = self.all();
        let wrong = self.wrong.len();
        println!("{what}: {} right, {} honest, {wrong} wrong of {all}", self.right, self.honest);
        self.wrong.iter().for_each(|line| println!("  wrong {line}"));
        self.asked.iter().for_each(|line| println!("  honest {line}"));
        assert!(self.right * 100 >= all * right_percent, "{what}: only {} of {all} are right", self.right);
        assert!(wrong * 100 < all * wrong_percent, "{what}: {wrong} of {all} are wrong");
    }
}

/// The kind with its title, and each condition: order does not matter.
fn parts(line: &str) -> BTreeSet<String> {
    let mut conditions = BTreeSet::new();
    let mut kind = Vec::new();
    for word in line.split(' ') {
        let is_years = word.contains("..") && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if word.starts_with(['+', '-'])
            || word.starts_with("lifts_")
            || matches!(
                word,
                "less" | "newer" | "older" | "shorter" | "longer" | "newest" | "oldest" | "known" | "either"
            )
            || is_years
        {
            conditions.insert(word.to_owned());
        } else {
            kind.push(word);
        }
    }
    conditions.insert(kind.join(" "));
    conditions
}

pub(super) fn reading_in_short(understood: &Understood, catalogue: &Catalogue) -> String {
    let title = |movie: &u32| catalogue.get(*movie).unwrap().title.clone();
    let with = |kind: String, filters: &Filters, tweak: Tweak| {
        let mut line = kind;
        filters.genres.iter().for_each(|genre| line += &format!(" +{genre}"));
        for topic in &understood.topics {
            if topic.kind == TopicKind::Without {
                line += &format!(" -{}", topic.label.replace(' ', "_"));
                continue;
            }
            if topic.kind == TopicKind::LengthAtLeast {
                line += &format!(" +{}_or_longer", topic.label);
                continue;
            }
            let mut parts: Vec<&str> = topic.label.split(" + ").collect();
            parts.sort_unstable();
            line += &format!(" +{}", parts.join("&").replace(' ', "_"));
        }
        filters.exclude_genres.iter().for_each(|genre| line += &format!(" -{genre}"));
        if filters.year_from.is_some() || filters.year_to.is_some() {
            let year = |year: Option<u16>| year.map_or(String::new(), |year| year.to_string());
            line += &format!(" {}..{}", year(filters.year_from), year(filters.year_to));
        }
        if tweak == Tweak::LessKnown {
            line += " less";
        }
        line
    };
    match &understood.intent {
        Intent::Like { movies, filters, tweak } => {
            with(format!("like {}", movies.iter().map(title).collect::<Vec<_>>().join("+")), filters, *tweak)
        }
        Intent::Browse { filters, tweak } => with("list".into(), filters, *tweak),
        Intent::ForMe { filters } | Intent::Popular { filters } => with("list".into(), filters, Tweak::None),
        Intent::ForUser { user_id, .. } => format!("user {user_id}"),
        Intent::Rate { movie, half_stars } => format!("rate {}: {}", title(movie), half_stars.stars()),
        Intent::RateSeveral { ratings, left_out } => {
            let each = ratings.iter().map(|(movie, given)| format!("{}: {}", title(movie), given.stars()));
            let left_out = left_out.iter().map(|left| match left {
                NotRated::Unknown(said) | NotRated::OffScale(_, said) | NotRated::NotYours(said) => {
                    format!(" without {said}")
                }
            });
            format!("rate {}{}", each.collect::<Vec<_>>().join(", "), left_out.collect::<String>())
        }
        Intent::RateBy { movie, half_stars } => format!("rate {} by {}", title(movie), f64::from(*half_stars) / 2.0),
        Intent::MarkInstead { movie, mark, of } => {
            let kind = if *mark == Mark::Seen { "seen" } else { "hide" };
            format!("{kind} {}, not {}", title(movie), title(of))
        }
        Intent::RateInstead { movie, half_stars, of } => {
            format!("rate {}: {}, not {}", title(movie), half_stars.stars(), title(of))
        }
        Intent::Why { movie } => format!("why {}", title(movie)),
        Intent::More => "more".into(),
        Intent::LessKnown => "list less".into(),
        Intent::Clarify { .. } => "ask".into(),
        // It says that it does not know.
        Intent::About { wanted: Wanted::Other, .. } => "honest".into(),
        Intent::About { wanted, movie } => format!("about {wanted:?} {}", title(movie)),
        Intent::IsBy { wanted, movie, .. } => format!("about {wanted:?} {}", title(movie)),
        Intent::Tagged { movie, holds, .. } => format!("tagged {holds} {}", title(movie)),
        Intent::AboutBoth { wanted: [first, second], movie } => format!("about {first:?}+{second:?} {}", title(movie)),
        Intent::CountOf { filters, .. } => with("count of".into(), filters, Tweak::None),
        Intent::MyRatings => "mine".into(),
        Intent::MySeen => "my seen".into(),
        Intent::UnrateSeveral { movies } => {
            format!("unrate {}", movies.iter().map(title).collect::<Vec<_>>().join("+"))
        }
        Intent::CountFilms => "count".into(),
        Intent::Compare { wanted, movies } => {
            format!("compare {wanted:?} {}", movies.iter().map(title).collect::<Vec<_>>().join("+"))
        }
        Intent::AmongShown { film, found } => {
            let film = film.as_ref().map_or(String::new(), |film| format!(" {}", title(film)));
            let places: String = found.iter().map(|(place, _)| format!(" #{place}")).collect();
            format!("shown{film}:{places}")
        }
        Intent::InOrder { order, movies } => {
            format!("{order:?} {}", movies.iter().map(title).collect::<Vec<_>>().join("+"))
        }
        Intent::Series { name, .. } => format!("series {}", name.replace(' ', "_")),
        Intent::Thanks => "honest".into(),
        Intent::Chosen { movie } => format!("chosen {}", title(movie)),
        Intent::OfItself(
            OfItself::OnlyFilms
            | OfItself::ByPlot
            | OfItself::SmallTalk
            | OfItself::Sorrow
            | OfItself::Reaction
            | OfItself::Reproach
            | OfItself::NothingDone
            | OfItself::Agreed
            | OfItself::NotThese,
        ) => "honest".into(),
        Intent::OfItself(said) => format!("honest {said:?}"),
        Intent::Unrate { movie } => format!("unrate {}", title(movie)),
        Intent::Refine { filters, tweak, shift } => {
            let shift = shift.map_or("", |shift| match shift {
                Shift::Newer => " newer",
                Shift::Older => " older",
                Shift::Shorter => " shorter",
                Shift::Longer => " longer",
                Shift::NewestFirst => " newest",
                Shift::OldestFirst => " oldest",
                Shift::BetterKnown => " known",
                Shift::Either => " either",
                Shift::AnyYear => " anyyear",
                Shift::Both => " both",
                Shift::Besides | Shift::Instead => "",
            });
            let is_told = understood.topics.iter().any(|topic| topic.kind == TopicKind::Without);
            let left_out = &filters.exclude_movie_ids;
            let few = if is_told || left_out.len() > 3 { &[][..] } else { left_out };
            let shift: String =
                few.iter().map(|movie| format!(" -{}", title(movie).replace(' ', "_"))).collect::<String>() + shift;
            let lifted = &understood.lifted;
            let lifts = lifted.topics.iter().map(|topic| &topic.label).chain(&lifted.genres);
            let lifts: String = lifts.map(|label| format!(" lifts_{}", label.replace(' ', "_"))).collect();
            with("refine".into(), filters, *tweak) + &shift + &lifts
        }
        Intent::Help => "help".into(),
        Intent::LikeInstead { movies } => {
            format!("instead {}", movies.iter().map(title).collect::<Vec<_>>().join("+"))
        }
        Intent::Undo => "undo".into(),
        Intent::StartOver => "restart".into(),
        Intent::Mark { movies, mark } => {
            let kind = if *mark == Mark::Seen { "seen" } else { "hide" };
            format!("{kind} {}", movies.iter().map(title).collect::<Vec<_>>().join("+"))
        }
        Intent::RateOffScale { .. }
        | Intent::UnknownTitle { .. }
        | Intent::OutsideTheData { .. }
        | Intent::WhichOne
        | Intent::Declined
        | Intent::NoSuchPlace { .. }
        | Intent::NotUnderstood { .. } => "honest".into(),
    }
}

/// What each line of the file `CINESWARM_SENTENCES` ("en", a tab and a sentence; a leading "+" means after a list, "&" after
/// the line before) is
/// read as, for people to judge.
#[test]
#[ignore = "prints readings of sentences of your own; run with --ignored --nocapture"]
fn readings_of_sentences_of_your_own() {
    let (Some(catalogue), Ok(path)) = (sample(), std::env::var("CINESWARM_SENTENCES")) else { return };
    let index = index_with_facts(&catalogue);
    let shown = shown_before(&index);
    let mut talk = Talk::default();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let Some((lang, sentence)) = line.split_once('\t') else { continue };
        match sentence.chars().next() {
            Some('&') => {}
            Some('+') => talk = Talk { shown: shown.to_vec(), ..Talk::default() },
            _ => talk = Talk::default(),
        }
        let sentence = sentence.trim_start_matches(['+', '&']);
        let understood = understand_in(sentence, Lang::from_tag(lang), &index, &catalogue, &talk.context());
        talk.go_on(&understood, &shown, &catalogue, &index);
        let words = crate::replies::describe(&understood.intent, &understood.topics, &catalogue, Lang::En);
        let only = understood.intent.filters().map_or(0, |filters| filters.movie_ids.len());
        let said = crate::words::fold::Sentence::new(sentence);
        let likely = crate::acts::likely(&crate::request::Reader::new(&said, &index, &catalogue), None);
        println!(
            "{sentence}\n      {} <{words}> ignored {:?} against {} only {only} n {:?}\n      {}\n      {likely:?}",
            reading_in_short(&understood, &catalogue),
            understood.ignored,
            understood.disliked.len(),
            understood.n,
            best_known(&understood, &catalogue),
        );
    }
}

/// The best known films that pass, and those that are left out; or those that are asked about.
fn best_known(understood: &Understood, catalogue: &Catalogue) -> String {
    if let Intent::UnknownTitle { asked, nearest } = &understood.intent {
        return crate::replies::unknown_title(asked, nearest, catalogue, Lang::En);
    }
    let Some(filters) = understood.intent.filters() else { return String::new() };
    let mut films: Vec<&Movie> = catalogue.movies().iter().collect();
    films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(movie.id).ratings), movie.id));
    let titles = |holds: &dyn Fn(&Movie) -> bool| {
        films
            .iter()
            .filter(|movie| holds(movie))
            .take(4)
            .map(|movie| movie.title.as_str())
            .collect::<Vec<_>>()
            .join("; ")
    };
    let left_out = &filters.exclude_movie_ids;
    format!(
        "passes: {} / {} left out: {}",
        titles(&|movie| filters.allow(movie, false)),
        left_out.len(),
        titles(&|movie| left_out.contains(&movie.id))
    )
}

pub(super) fn sentences() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    rows(include_str!("../../tests/data/sentences.tsv"))
}

fn rows(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut fields = line.splitn(3, '\t');
        (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap())
    })
}

#[test]
fn sentences_are_read_as_they_should_be() {
    let Some(catalogue) = sample() else { return };
    let index = tagged_index(&catalogue);
    for lang in [Lang::En, Lang::Es] {
        let mut count = Count::default();
        for (_, wanted, sentence) in sentences().filter(|(tag, ..)| *tag == lang.tag()) {
            count.take(sentence, wanted, &understand(sentence, lang, &index, &catalogue), &catalogue);
        }
        assert!(count.all() >= 400, "only {} sentences in {}", count.all(), lang.tag());
        count.hold(lang.tag(), 90, 1);
    }
}

/// The list that conversations begin with.
pub(super) fn shown_before(index: &TitleIndex) -> [u32; 5] {
    let named = |name: &str| match index.find(name) {
        TitleMatch::One(movie) => movie,
        other => panic!("{name}: {other:?}"),
    };
    ["Heat (1995)", "Alien (1979)", "The Matrix (1999)", "Fargo (1996)", "Jaws (1975)"].map(named)
}

#[test]
fn conversations_are_followed() {
    let Some(catalogue) = sample() else { return };
    let index = tagged_index(&catalogue);
    let shown = shown_before(&index);
    let mut count = Count::default();
    for line in include_str!("../../tests/data/conversations.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.splitn(3, '\t');
        let (before, sentence, wanted) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        let asked_back = (before != "list").then(|| understand(before, Lang::En, &index, &catalogue).intent);
        let (shown, options) = match &asked_back {
            Some(Intent::Clarify { options, .. }) => (&[][..], options.as_slice()),
            Some(other) => panic!("{before:?} is no question but {other:?}"),
            None => (shown.as_slice(), &[][..]),
        };
        let context = Context { shown, options, ..Context::default() };
        let understood = understand_in(sentence, Lang::En, &index, &catalogue, &context);
        count.take(sentence, wanted, &understood, &catalogue);
    }
    count.hold("conversations", 85, 3);
}

/// Sentences that were written before they were tried, read with tags and facts.
#[test]
fn sentences_as_people_type_them_are_read() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let files = [
        ("as typed", include_str!("../../tests/data/as-typed.tsv"), 95),
        ("unseen", include_str!("../../tests/data/unseen.tsv"), 85),
        ("unseen, a second lot", include_str!("../../tests/data/unseen-2.tsv"), 85),
        ("unseen, a third lot", include_str!("../../tests/data/unseen-3.tsv"), 85),
        ("unseen, a fourth lot", include_str!("../../tests/data/unseen-4.tsv"), 85),
        ("unseen, a fifth lot", include_str!("../../tests/data/unseen-5.tsv"), 90),
        ("unseen, a sixth lot", include_str!("../../tests/data/unseen-6.tsv"), 90),
        ("unseen, a seventh lot", include_str!("../../tests/data/unseen-7.tsv"), 90),
        ("unseen, an eighth lot", include_str!("../../tests/data/unseen-8.tsv"), 90),
    ];
    for (name, file, right_percent) in files {
        for lang in [Lang::En, Lang::Es] {
            let mut count = Count::default();
            for (_, wanted, sentence) in rows(file).filter(|(tag, ..)| *tag == lang.tag()) {
                count.take(sentence, wanted, &understand(sentence, lang, &index, &catalogue), &catalogue);
            }
            count.hold(&format!("{name}, {}", lang.tag()), right_percent, 3);
        }
    }
}

/// What a conversation has come to, as the master keeps it.
#[derive(Default)]
pub(super) struct Talk {
    shown: Vec<u32>,
    options: Vec<ClarifyOption>,
    about: Option<u32>,
    like: Vec<u32>,
    last: Last,
    person: Option<Topic>,
    only_ruled_out: bool,
    topics: Vec<Topic>,
    genres: Vec<String>,
    unwanted_genres: Vec<String>,
    stars: Option<HalfStars>,
    rated: Vec<u32>,
    shows_ratings: bool,
}

impl Talk {
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            shown: if self.shows_ratings { &self.rated } else { &self.shown },
            goes_on: !self.shown.is_empty(),
            options: &self.options,
            about: self.about,
            like: &self.like,
            last: self.last,
            person: self.person.as_ref(),
            only_ruled_out: self.only_ruled_out,
            topics: &self.topics,
            genres: &self.genres,
            unwanted_genres: &self.unwanted_genres,
            stars: self.stars,
            rated: &self.rated,
            shows_ratings: self.shows_ratings,
        }
    }

    pub(super) fn go_on(&mut self, understood: &Understood, list: &[u32], catalogue: &Catalogue, index: &TitleIndex) {
        let intent = &understood.intent;
        if let Some(filters) = intent.filters() {
            self.only_ruled_out =
                matches!(intent, Intent::Browse { .. }) && crate::only_rules_out(filters, &understood.topics);
        }
        let is_person = |topic: &&Topic| topic.kind.is_like(TopicKind::Director);
        let person = understood.topics.iter().rev().find(is_person).cloned();
        match intent {
            Intent::Refine { .. } => self.person = person.or(self.person.take()),
            intent if intent.filters().is_some() => self.person = person,
            _ => {}
        }
        if let Some(filters) = intent.filters() {
            if !matches!(intent, Intent::Refine { .. }) {
                (self.topics, self.genres, self.unwanted_genres) = Default::default();
            }
            self.unwanted_genres.retain(|genre| !understood.lifted.genres.contains(genre));
            self.unwanted_genres.extend(filters.exclude_genres.iter().cloned());
            self.topics.retain(|topic| !understood.lifted.topics.contains(topic));
            self.topics.extend(understood.topics.iter().cloned());
            if !filters.genres.is_empty() {
                self.genres.clone_from(&filters.genres);
            }
        }
        self.options = match intent {
            Intent::Clarify { options, .. } => options.clone(),
            // As the master offers them.
            Intent::UnknownTitle { nearest, .. } => {
                let films = nearest.iter().filter_map(|movie| crate::replies::film_option(*movie, catalogue));
                films.map(|film| ClarifyOption { text: format!("films like {}", film.label), ..film }).collect()
            }
            _ => Vec::new(),
        };
        let keeps = matches!(
            intent,
            Intent::NotUnderstood { .. }
                | Intent::OutsideTheData { .. }
                | Intent::WhichOne
                | Intent::NoSuchPlace { .. }
                | Intent::Thanks
                | Intent::OfItself(_)
                | Intent::MyRatings
                | Intent::MySeen
                | Intent::Help
        );
        if !keeps {
            (self.about, self.last) = intent.speaks_of();
            if let Intent::Mark { movies, .. } = intent
                && let Some((first, last)) = index.series_marked(movies)
            {
                (self.about, self.last) = (Some(first), last);
            }
            self.stars = match intent {
                Intent::Rate { half_stars, .. } | Intent::RateInstead { half_stars, .. } => Some(*half_stars),
                Intent::RateSeveral { ratings, .. } => ratings.last().map(|(_, half_stars)| *half_stars),
                _ => None,
            };
        }
        match intent {
            Intent::Like { movies, .. } | Intent::LikeInstead { movies } => self.like.clone_from(movies),
            Intent::Browse { .. } | Intent::Popular { .. } | Intent::ForMe { .. } => self.like.clear(),
            _ => {}
        }
        // A list of films like one is about that one.
        if let (true, [only]) =
            (intent.filters().is_some() || matches!(intent, Intent::LikeInstead { .. }), &self.like[..])
        {
            self.about = Some(*only);
        }
        let rated: Vec<u32> = match intent {
            Intent::Rate { movie, .. } | Intent::RateInstead { movie, .. } | Intent::RateBy { movie, .. } => {
                vec![*movie]
            }
            Intent::RateSeveral { ratings, .. } => ratings.iter().map(|(movie, _)| *movie).collect(),
            _ => Vec::new(),
        };
        let is_new = |movie: &u32| !self.rated.contains(movie);
        let rated: Vec<u32> = rated.into_iter().filter(is_new).collect();
        self.rated.extend(rated);
        self.shows_ratings |= matches!(intent, Intent::MyRatings) && !self.rated.is_empty();
        if intent.filters().is_some() || matches!(intent, Intent::More | Intent::LessKnown | Intent::LikeInstead { .. })
        {
            self.rated.clear();
            self.shows_ratings = false;
        }
        match intent {
            Intent::StartOver => *self = Talk::default(),
            Intent::More | Intent::LessKnown | Intent::LikeInstead { .. } | Intent::Undo => self.shown = list.to_vec(),
            intent if intent.filters().is_some() => self.shown = list.to_vec(),
            _ => {}
        }
    }
}

#[test]
fn whole_conversations_are_followed() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let list = shown_before(&index);
    let files = [
        ("turns of conversations", include_str!("../../tests/data/talks.tsv"), 95),
        ("turns of unseen conversations", include_str!("../../tests/data/unseen-talks.tsv"), 85),
        ("turns of more of them", include_str!("../../tests/data/unseen-talks-2.tsv"), 85),
        ("turns of a third lot", include_str!("../../tests/data/unseen-talks-3.tsv"), 85),
        ("turns of a fourth lot", include_str!("../../tests/data/unseen-talks-4.tsv"), 85),
        ("turns of a fifth lot", include_str!("../../tests/data/unseen-talks-5.tsv"), 85),
        ("turns of a sixth lot", include_str!("../../tests/data/unseen-talks-6.tsv"), 85),
        ("turns of a seventh lot", include_str!("../../tests/data/unseen-talks-7.tsv"), 85),
    ];
    for (name, file, right_percent) in files {
        let mut count = Count::default();
        let mut talk = Talk::default();
        let mut said = Vec::new();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let Some((sentence, wanted)) = line.split_once('\t') else {
                (talk, said) = (Talk::default(), Vec::new());
                continue;
            };
            said.push(sentence);
            let context = talk.context();
            let understood = understand_in(sentence, Lang::En, &index, &catalogue, &context);
            count.take(&said.join(" / "), wanted, &understood, &catalogue);
            talk.go_on(&understood, &list, &catalogue, &index);
        }
        assert!(count.all() >= 40, "only {} turns", count.all());
        count.hold(name, right_percent, 3);
    }
}

/// Taking a chip out gives the same reading without it.
#[test]
fn a_chip_that_is_taken_out_is_gone_and_the_others_stay() {
    let room = Room::new();
    for (sentence, lang) in [
        ("90s comedies without romance, less known", Lang::En),
        ("films like Fargo and Blade Runner from the 90s but less known", Lang::En),
        ("comedias de los 90 sin romance", Lang::Es),
        ("películas como Fargo sin romance pero menos conocidas", Lang::Es),
        ("romantic comedies from the 90s, less known", Lang::En),
    ] {
        let chips_of = |text: &str| {
            let understood = room.understand(text, lang);
            let reading = crate::reading(&understood.intent, &understood.topics, &room.catalogue, lang);
            reading.unwrap_or_else(|| panic!("{text:?}: {understood:?}")).chips
        };
        let chips = chips_of(sentence);
        assert!(chips.len() >= 3, "{sentence:?}: {chips:?}");
        for chip in &chips {
            let left: Vec<String> = chips_of(&chip.remove).into_iter().map(|chip| chip.label).collect();
            let wanted: Vec<String> =
                chips.iter().filter(|other| *other != chip).map(|other| other.label.clone()).collect();
            assert_eq!(left, wanted, "{:?} without {:?}", chip.remove, chip.label);
        }
    }
}
