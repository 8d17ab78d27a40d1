//! What the person is asked back, with the choices: which film, how many stars, a film or a kind.
//! Each choice is a sentence that leaves no doubt. Never decides whether to ask.

use cineswarm_engine::MovieId;

use crate::films::knowledge::Role;
use crate::films::titles::TitleMatch;
use crate::intent::{Intent, Question};
use crate::request::TitleSlot;
use crate::{Chat, ClarifyOption, Lang, replies};

impl Chat<'_> {
    /// "Do you mean films like Hitchcock (2012)?"
    pub(crate) fn did_you_mean(&self, titles: &[TitleSlot]) -> Intent {
        let like = if self.lang == Lang::En { "films like" } else { "películas como" };
        let movies = titles.iter().flat_map(|slot| match &slot.found {
            TitleMatch::One(movie) => std::slice::from_ref(movie),
            TitleMatch::Several(movies) | TitleMatch::Nothing { nearest: movies } => movies.as_slice(),
        });
        let options = movies.filter_map(|movie| {
            Some(ClarifyOption {
                label: self.label(*movie),
                text: format!("{like} {}", self.unmistakable_name(*movie)?),
            })
        });
        let about = match (titles.first(), titles.last()) {
            (Some(first), Some(last)) => self.reader.sentence.typed(first.from, last.to).to_owned(),
            _ => String::new(),
        };
        Intent::Clarify { question: Question::FilmLike, about, film: None, options: options.collect() }
    }

    /// "I don't know X. Did you mean ...?"
    pub(crate) fn ask_whether(&self, slot: &TitleSlot) -> Intent {
        let asked = self.reader.sentence.typed(slot.from, slot.to).to_owned();
        let nearest = match &slot.found {
            TitleMatch::One(movie) => vec![*movie],
            TitleMatch::Several(movies) | TitleMatch::Nothing { nearest: movies } => {
                movies.iter().take(3).copied().collect()
            }
        };
        Intent::UnknownTitle { asked, nearest }
    }

    /// "tarkosvky", "films by Brat Pit": somebody of nearly that name.
    pub(crate) fn person_nearly_named(&self, from: usize, to: usize) -> Option<Intent> {
        let (from, to) = self.reader.trimmed(from, to);
        let tokens = self.reader.sentence.tokens.get(from..to)?;
        let person = self.reader.index.knowledge.person_misspelt(tokens)?;
        let of = match (self.lang, person.role(Role::Either)) {
            (Lang::En, Role::Acts) => "films with",
            (Lang::En, _) => "films by",
            (Lang::Es, Role::Acts) => "películas con",
            (Lang::Es, _) => "películas de",
        };
        let option = ClarifyOption { label: person.name.clone(), text: format!("{of} {}", person.name) };
        let about = self.reader.sentence.typed(from, to).to_owned();
        Some(Intent::Clarify { question: Question::PersonLike, about, film: None, options: vec![option] })
    }

    pub(crate) fn unknown(&self, from: usize, to: usize) -> Intent {
        let (from, to) = self.reader.trimmed(from, to);
        let nearest = self.reader.index.nearest(&self.reader.sentence.tokens[from..to]);
        Intent::UnknownTitle { asked: self.reader.sentence.typed(from, to).to_owned(), nearest }
    }

    pub(crate) fn which_film(&self, slot: &TitleSlot, movies: &[MovieId]) -> Intent {
        let text = &self.reader.sentence.text;
        let (start, end) = self.reader.sentence.byte_range(slot.from, slot.to);
        let options = movies
            .iter()
            .filter_map(|movie| {
                let name = self.unmistakable_name(*movie)?;
                let text = format!("{}{name}{}", &text[..start], &text[end..]);
                Some(ClarifyOption { label: self.label(*movie), text })
            })
            .collect();
        Intent::Clarify { question: Question::WhichFilm, about: text[start..end].to_owned(), film: None, options }
    }

    pub(crate) fn film_or_kind(&self, slot: &TitleSlot) -> Intent {
        let typed = self.reader.sentence.text.trim();
        let (like, recommend, kind) = match self.lang {
            Lang::En => ("films like", "recommend me", "Any film of this kind"),
            Lang::Es => ("películas como", "recomiéndame", "Cualquier película así"),
        };
        let movies = match &slot.found {
            TitleMatch::One(movie) => std::slice::from_ref(movie),
            TitleMatch::Several(movies) => movies,
            TitleMatch::Nothing { .. } => &[],
        };
        let mut options: Vec<ClarifyOption> = movies
            .iter()
            .filter_map(|movie| {
                let text = format!("{like} {}", self.unmistakable_name(*movie)?);
                Some(ClarifyOption { label: self.label(*movie), text })
            })
            .collect();
        options.push(ClarifyOption { label: kind.to_owned(), text: format!("{recommend} {typed}") });
        Intent::Clarify { question: Question::FilmOrKind, about: typed.to_owned(), film: None, options }
    }

    /// "hitchcock" is a film, too, but fewer people mean that.
    pub(crate) fn film_or_person(&self, slot: &TitleSlot) -> Option<Intent> {
        let person = self.reader.person_alone()?;
        let TitleMatch::One(movie) = slot.found else { return None };
        if person.fame(Role::Either) <= u64::from(self.catalogue.stats(movie).ratings) {
            return None;
        }
        let (like, of) = match self.lang {
            Lang::En => ("films like", "recommend me films by"),
            Lang::Es => ("películas como", "recomiéndame películas de"),
        };
        let film =
            ClarifyOption { label: self.label(movie), text: format!("{like} {}", self.unmistakable_name(movie)?) };
        let person = ClarifyOption { label: person.name.clone(), text: format!("{of} {}", person.name) };
        Some(Intent::Clarify {
            question: Question::FilmLike,
            about: self.reader.sentence.text.trim().to_owned(),
            film: None,
            options: vec![person, film],
        })
    }

    pub(crate) fn how_many_stars(&self, movie: MovieId) -> Intent {
        let options = (1..=5).rev().filter_map(|stars| {
            let (_, text) = self.rating_option(movie, f64::from(stars))?;
            Some(ClarifyOption { label: replies::stars(f64::from(stars), self.lang), text })
        });
        Intent::Clarify {
            question: Question::HowManyStars,
            about: self.label(movie),
            film: Some(movie),
            options: options.collect(),
        }
    }

    pub(crate) fn rating_or_title(
        &self,
        movie: MovieId,
        half_stars: cineswarm_engine::HalfStars,
        longer: MovieId,
    ) -> Intent {
        let rating = self.rating_option(movie, half_stars.stars()).map(|(label, text)| ClarifyOption { label, text });
        let title = self
            .unmistakable_name(longer)
            .map(|name| ClarifyOption { label: self.label(longer), text: format!("{} {name}", self.rate_verb()) });
        Intent::Clarify {
            question: Question::RatingOrTitle,
            about: self.label(longer),
            film: None,
            options: rating.into_iter().chain(title).collect(),
        }
    }

    /// Label and sentence of a rating that leaves no doubt.
    pub(crate) fn rating_option(&self, movie: MovieId, stars: f64) -> Option<(String, String)> {
        let name = self.unmistakable_name(movie)?;
        let said = replies::stars(stars, self.lang);
        let joint = match self.lang {
            Lang::En => "",
            Lang::Es => "con ",
        };
        Some((format!("{}: {said}", self.label(movie)), format!("{} {name} {joint}{said}", self.rate_verb())))
    }

    pub(crate) fn rate_verb(&self) -> &'static str {
        match self.lang {
            Lang::En => "rate",
            Lang::Es => "puntúa",
        }
    }

    pub(crate) fn label(&self, movie: MovieId) -> String {
        self.catalogue.get(movie).map(replies::film_name).unwrap_or_default()
    }

    /// A title and year that mean this film and no other; `None` if its titles have no letters or digits.
    pub(crate) fn unmistakable_name(&self, movie: MovieId) -> Option<String> {
        let movie = self.catalogue.get(movie)?;
        let year = match (movie.year, self.lang) {
            (Some(year), _) => year.to_string(),
            (None, Lang::En) => "year unknown".to_owned(),
            (None, Lang::Es) => "año desconocido".to_owned(),
        };
        std::iter::once(&movie.title)
            .chain(&movie.other_titles)
            .flat_map(|title| [format!("{title} ({year})"), title.clone()])
            .find(|name| self.reader.index.find(name) == TitleMatch::One(movie.id))
    }
}
