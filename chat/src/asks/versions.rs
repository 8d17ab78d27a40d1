//! Questions about the films of one name: "is there a Swedish version of The Girl with the Dragon Tattoo", "is there another
//! version?". Answered with all of them, each with its year and country. The words around the film
//! are the kind `of_versions` in `data/which.tsv`.

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::context::Last;
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::{Intent, Wanted};
use crate::words::cues;
use crate::words::which::says_only;

impl Chat<'_> {
    /// The films of the name that is asked about.
    pub(crate) fn versions(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let version = tokens.iter().position(|token| cues::is("versions", &token.word))?;
        if !self.asks_something(&[]) {
            return None;
        }
        let exactly = |from: usize, to: usize| match self.reader.index.find_as(&tokens[from..to], Reading::Exact)? {
            TitleMatch::One(movie) => Some(movie),
            TitleMatch::Several(movies) => movies.first().copied(),
            TitleMatch::Nothing { .. } => None,
        };
        let longest = |from: usize| {
            let ends = (from + 1..=tokens.len().min(from + MAX_TITLE_TOKENS)).rev();
            ends.into_iter().find_map(|to| Some((to, exactly(from, to)?)))
        };
        let of = (version + 1..tokens.len()).find(|at| matches!(tokens[*at].word.as_str(), "of" | "de" | "del"));
        if let Some((_, movie)) = of.and_then(|of| longest(of + 1))
            && let movies = self.reader.index.namesakes(movie)
            && movies.len() > 1
        {
            return Some(Intent::Compare { wanted: Wanted::Country, movies });
        }
        let is_of_versions = |from: usize, to: usize| says_only(&tokens[from..to], &["of_versions"]);
        if is_of_versions(0, tokens.len()) {
            let [like] = self.context.like else { return Some(self.versions_of(self.pointed_at()?)) };
            return Some(self.versions_of(self.pointed_at().unwrap_or(*like)));
        }
        // "is Oldboy one of the two versions?"
        let starts = (0..tokens.len()).take_while(|from| is_of_versions(0, *from));
        let named = starts.filter_map(longest).find(|(to, _)| is_of_versions(*to, tokens.len()));
        named.map(|(_, movie)| self.versions_of(movie))
    }

    /// This one first, so that it is told which it is.
    fn versions_of(&self, movie: MovieId) -> Intent {
        let mut movies = self.reader.index.namesakes(movie);
        movies.sort_by_key(|other| *other != movie);
        let says = |cue| self.reader.sentence.tokens.iter().any(|token| cues::is(cue, &token.word));
        let (older, newer) = (says("version_older"), says("version_newer"));
        if movies.len() > 1 && older != newer {
            return self.versions_by_year(movie, movies, older);
        }
        match movies.len() {
            0 | 1 => Intent::About { wanted: Wanted::Versions, movie },
            _ => Intent::Compare { wanted: Wanted::Country, movies },
        }
    }

    /// "is there an older version?": those that are, with their years; of none all of them, so that it is seen.
    fn versions_by_year(&self, movie: MovieId, mut all: Vec<MovieId>, older: bool) -> Intent {
        let year = |movie: &MovieId| self.catalogue.get(*movie).and_then(|film| film.year);
        let own = year(&movie);
        let is_so = |other: &MovieId| if older { year(other) < own } else { year(other) > own };
        if all.iter().any(is_so) {
            all.retain(|other| *other == movie || is_so(other));
        }
        Intent::Compare { wanted: Wanted::Year, movies: all }
    }

    /// "same director, right?" of two films that were compared, else of the one that is spoken of.
    pub(crate) fn same_of_both(&self, wanted: Wanted) -> Option<Intent> {
        if let Some(pair) = self.compared_last() {
            return Some(Intent::Compare { wanted, movies: pair.to_vec() });
        }
        // Of two versions of a film that was taken for one of them, or of the one taken and the one spoken of now.
        if let Some(movie) = self.pointed_at().or(self.spoken_of()) {
            let mut namesakes = self.reader.index.namesakes(movie);
            let is_taken = self.context.like == [movie] || self.context.last == Last::Asked(Wanted::Versions);
            let is_of_two = namesakes.len() == 2 && is_taken;
            if is_of_two || namesakes.iter().any(|other| *other != movie && self.context.like == [*other]) {
                namesakes.retain(|other| is_of_two || *other == movie || self.context.like == [*other]);
                return Some(Intent::Compare { wanted, movies: namesakes });
            }
        }
        Some(self.pointed_at().map_or(Intent::WhichOne, |movie| Intent::About { wanted, movie }))
    }
}
