//! The films of a series: how many there are, and in which order.

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Wanted};
use crate::words::fold;

impl Chat<'_> {
    /// "in what order do I watch the Bourne films?": of a series by its name.
    pub(crate) fn series_asked(&self, words: &[fold::Token]) -> Option<Intent> {
        let named =
            self.reader.series_called(words).or_else(|| self.reader.series_called(fold::without_article(words)));
        let (name, movies) = named?;
        Some(Intent::Series { name: name.to_owned(), movies: movies.to_vec() })
    }

    /// The same of a series whose name nobody knows, but whose films are called so.
    pub(crate) fn series_of_titles(&self, from: usize, to: usize) -> Option<Intent> {
        let movies = match self.reader.index.find_as(&self.reader.sentence.tokens[from..to], Reading::Part)? {
            TitleMatch::One(movie) => vec![movie],
            TitleMatch::Several(movies) => movies,
            TitleMatch::Nothing { .. } => return None,
        };
        movies.into_iter().find_map(|movie| self.series_of(movie))
    }

    /// "list the Mad Max films in order": of a series that is named among other words.
    pub(crate) fn series_in_words(&self) -> Option<Intent> {
        const LONGEST: usize = 6;
        let tokens = &self.reader.sentence.tokens;
        let spans = (1..=LONGEST.min(tokens.len()))
            .rev()
            .flat_map(|count| (0..=tokens.len() - count).map(move |from| (from, from + count)));
        spans.into_iter().find_map(|(from, to)| self.series_asked(&tokens[from..to]))
    }

    /// "in what order do I watch them?": of the series of the film that is spoken of.
    pub(crate) fn series_spoken_of(&self) -> Option<Intent> {
        let mut films = self.context.about.into_iter().chain(self.context.like.iter().copied());
        // One film of a series among others does not make the list one of that series.
        let shows_several = |series: &Intent| {
            let Intent::Series { movies, .. } = series else { return false };
            self.context.shown.iter().filter(|movie| movies.contains(movie)).nth(1).is_some()
        };
        let shown = || self.context.shown.iter().filter_map(|movie| self.series_of(*movie)).find(shows_several);
        films.find_map(|movie| self.series_of(movie)).or_else(shown)
    }

    /// "show me the whole series": of the film that is spoken of, and of no other one.
    pub(crate) fn whole_series(&self) -> Option<Intent> {
        match self.pointed_at() {
            Some(movie) => self.series_of(movie).or(Some(Intent::About { wanted: Wanted::Series, movie })),
            None => self.series_spoken_of(),
        }
    }

    /// "is there a series among them?": the first of the list that belongs to one, else what is known of each.
    pub(crate) fn series_in_list(&self) -> Option<Intent> {
        let shown = self.context.shown;
        let found = shown.iter().find_map(|movie| self.series_of(*movie));
        found.or_else(|| Some(Intent::Compare { wanted: Wanted::Series, movies: shown.to_vec() }))
    }

    pub(crate) fn series_of(&self, movie: MovieId) -> Option<Intent> {
        let name = self.reader.index.facts(movie)?.series.as_ref()?;
        self.series_asked(&fold::tokenize(name.split(" - ").next()?))
    }
}
