//! Whether a sentence is said of the list before, and what it changes about the question for that.

use crate::decide::tweak;
use crate::intent::{Intent, Shift};
use crate::request::Request;
use crate::topics::{Named, Topic, TopicKind};
use crate::words::lexicon::{self, Meaning};
use crate::words::{cues, patterns, turns};
use crate::{Chat, Last};

impl Chat<'_> {
    /// "but no animation", "from the 90s", "only comedies": conditions alone, said of the list before.
    pub(crate) fn refines(&self, request: &Request) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let Some(first) = tokens.first() else { return false };
        let asks_for_any =
            request.for_me && !(request.popular || request.has_conditions() || request.help || request.more);
        if asks_for_any && self.draws_on_it() {
            return true;
        }
        // "I hate horror", then "something romantic": what was ruled out stays so.
        let wishes = request.has_conditions() || request.for_me;
        if self.context.only_ruled_out && wishes && !(request.popular || request.help || request.more) {
            return true;
        }
        // "dime solo una y ya": of those before.
        if self.goes_on() && request.n == Some(1) && !(request.has_conditions() || request.film_noun || request.popular)
        {
            return true;
        }
        // "now only with him" says when, and asks for no other films.
        let says_when = request.has_conditions() && tokens.iter().any(|token| cues::is("when", &token.word));
        if !self.goes_on() || request.popular || (request.for_me && !says_when) {
            return false;
        }
        if !(request.lifted.is_empty() && request.any.is_empty()) {
            return true;
        }
        if self.asks_for_whichever(request) {
            return false;
        }
        // "something from the 90s", too.
        let says_films = tokens.iter().any(|token| cues::is("film_word", &token.word));
        if request.only_limits() && !says_films {
            return true;
        }
        // "the japanese ones".
        let says_ones = tokens.iter().any(|token| token.word == "ones");
        // "dale, también mexicanas".
        let told = tokens.iter().find(|token| !says_nothing(&token.word)).unwrap_or(first);
        let begins = |cue| cues::is(cue, &first.word) || cues::is(cue, &told.word);
        // "nothing romantic", "anything but the 80s".
        let begins_so = lexicon::after(tokens, 0, Meaning::Not).is_some() || cues::is("one_that", &first.word);
        let rules_out = request.only_rules_out() && begins_so;
        let says_more = request.has_conditions() || !request.disliked.is_empty();
        if says_more {
            let refines = rules_out
                || says_ones
                || self.says_of_list()
                || self.says_alike()
                || (!says_films && self.begins_with_limit(request))
                || self.compares_list(request)
                || (!says_films && (self.says_only() || self.speaks_of_somebody() || self.says_one_that()))
                || begins("refines")
                || (begins("may_refine") && !request.film_noun)
                || (!request.film_noun && self.reader.tells_ages(tokens.len()));
            // "comedy instead", "crime stuff first".
            let ends_so = tokens
                .last()
                .is_some_and(|last| matches!(last.word.as_str(), "instead" | "rather" | "first" | "primero"));
            return refines || ends_so || self.is_bare(request);
        }
        // "top 20", "just five".
        request.n.is_some() && !(request.more || request.less_known || request.help || request.film_noun)
    }

    /// "clásicas, en blanco y negro": a first clause that limits the films before.
    fn begins_with_limit(&self, request: &Request) -> bool {
        use TopicKind::{LengthAtLeast, LengthAtMost, Origin};
        let tokens = &self.reader.sentence.tokens;
        let end = (1..tokens.len()).find(|at| self.reader.sentence.breaks_before(*at));
        let Some(clause) = end.map(|end| &tokens[..end]).filter(|_| request.genres.is_empty()) else { return false };
        let is_limit = |topic: Topic| matches!(topic.kind, LengthAtMost | LengthAtLeast | Origin);
        self.reader.says_years(clause) || self.reader.topic_said(clause).is_some_and(is_limit)
    }

    /// "bueno, cualquier chilena", "any Chilean one will do": where nothing was found, this and nothing else.
    fn asks_for_whichever(&self, request: &Request) -> bool {
        let said: Vec<&str> = self.reader.sentence.tokens.iter().map(|token| token.word.as_str()).collect();
        let told = said.iter().position(|word| !says_nothing(word)).unwrap_or(0);
        let settles =
            matches!(said.last(), Some(&("then" | "do" | "fine" | "ok" | "vale" | "sirve" | "pues" | "entonces")));
        let begins = match said[told] {
            "cualquier" => true,
            "any" | "anything" | "alguna" => settles,
            _ => false,
        };
        begins && request.has_conditions() && !self.says_of_list()
    }

    /// "solo argentinas mejor", "mejor de menos de hora y media": what is wanted instead, and not the best of its kind.
    pub(crate) fn says_rather(&self, request: &Request) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let is_best = |at: usize| {
            let is_one = at > 0 && matches!(word(at - 1), "lo" | "la" | "el" | "las" | "los" | "cual" | "es");
            is_one || cues::is("best_of", word(at + 1))
        };
        let mut said = (0..tokens.len()).filter(|at| word(*at) == "mejor").peekable();
        request.popular
            && !request.film_noun
            && self.goes_on()
            && said.peek().is_some()
            && said.all(|at| !is_best(at))
            && !self.says_best_otherwise()
    }

    /// "las mejores": a word beside "mejor" that asks for the best.
    fn says_best_otherwise(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        (0..tokens.len()).any(|at| {
            tokens[at].word != "mejor"
                && lexicon::meanings(tokens, at).any(|(meaning, _)| matches!(meaning, Meaning::Popular))
        })
    }

    /// "musicales solamente", "just comedies".
    fn says_only(&self) -> bool {
        self.reader.sentence.tokens.iter().any(|token| cues::is("says_only", &token.word))
    }

    /// "where she's funny", of somebody that was asked for.
    fn speaks_of_somebody(&self) -> bool {
        self.context.person.is_some()
            && self.reader.sentence.tokens.iter().any(|token| cues::is("stands_for", &token.word))
    }

    /// "do you have one without zombies", "alguna que sea corta": one of those before.
    fn says_one_that(&self) -> bool {
        self.reader
            .sentence
            .tokens
            .windows(2)
            .any(|pair| cues::is("pronoun", &pair[0].word) && cues::is("relates", &pair[1].word))
            || self.ends_with_one()
    }

    /// "sobre los Beatles hay alguno", "de miedo tienes alguna": one of those before.
    fn ends_with_one(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        (1..tokens.len()).any(|at| turns::is("any_of_them", &tokens[at..]))
    }

    /// "vampires", "korean": conditions and nothing else, said of a list, are of that list.
    fn is_bare(&self, request: &Request) -> bool {
        const MOST_WORDS: usize = 3;
        let tokens = &self.reader.sentence.tokens;
        let is_plain = request.has_conditions() && request.unread.is_empty() && request.titles.is_empty();
        is_plain
            && tokens.len() <= MOST_WORDS
            && !(request.film_noun || request.more || request.less_known || request.help || request.n.is_some())
            && !tokens.iter().any(|token| cues::is("wishes", &token.word))
    }

    /// "vampires" after zombies, "Scorsese" after Nolan; but "with vampires", and who is in them after who directed them, is
    /// beside what was asked for.
    fn stands_in_place(&self, request: &Request) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let adds = tokens.iter().find(|token| !says_nothing(&token.word));
        let adds = adds.is_some_and(|first| cues::is("beside", &first.word));
        let is_person = |kind: TopicKind| kind.is_like(TopicKind::Cast);
        let was_asked = |kind| self.context.topics.iter().any(|topic| topic.kind == kind);
        let is_other_role = |named: &Named| {
            is_person(named.topic.kind) && !was_asked(named.topic.kind) && self.context.person.is_some()
        };
        let are_of_other_role = !request.named.is_empty() && request.named.iter().all(is_other_role);
        self.is_bare(request) && !adds && !are_of_other_role
    }

    /// "so what should I watch tonight", "¿qué me recomiendas, pues?": the question before, which nothing is added to. After
    /// ratings it is what follows from these.
    pub(crate) fn draws_on_it(&self) -> bool {
        if self.context.shows_ratings || self.context.last == Last::Rating {
            return false;
        }
        let draws = |word: &str| matches!(word, "so" | "then" | "pues" | "entonces");
        let ends = [self.reader.sentence.tokens.first(), self.reader.sentence.tokens.last()];
        self.goes_on() && ends.into_iter().flatten().any(|token| draws(&token.word))
    }

    /// "entonces algo del estilo pero sin superhéroes", "same sort of thing but funny": never of a film that is named.
    fn says_alike(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        (0..tokens.len()).any(|at| turns::beginnings("alike", &tokens[at..]).next().is_some())
    }

    /// "algo más tranquilo", "something lighter and more fun": more or less than those before.
    fn compares_list(&self, request: &Request) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let begins = tokens.iter().take_while(|token| says_nothing(&token.word)).count();
        let pair = tokens.get(begins..begins + 2).unwrap_or_default();
        let [something, more] = pair else { return false };
        !request.film_noun
            && matches!(something.word.as_str(), "algo" | "something" | "anything" | "alguna" | "una")
            && matches!(more.word.as_str(), "mas" | "menos" | "more" | "less")
    }

    /// "any comedies amongst them", "de esas, ¿cuál es argentina?"
    pub(crate) fn says_of_list(&self) -> bool {
        let of = |word: &str| matches!(word, "of" | "among" | "amongst" | "from" | "de" | "entre");
        let them = |word: &str| {
            matches!(word, "them" | "those" | "these" | "esas" | "esos" | "ellas" | "ellos" | "estas" | "estos")
        };
        let tokens = &self.reader.sentence.tokens;
        // "una de esas comedias románticas" is none of a list.
        let is_kind =
            |at: usize| lexicon::meanings(tokens, at).any(|(meaning, _)| matches!(meaning, Meaning::Genres(_)));
        (1..tokens.len()).any(|at| of(&tokens[at - 1].word) && them(&tokens[at].word) && !is_kind(at + 1))
    }

    /// The last question again, with what this sentence says.
    pub(crate) fn refinement(&self, request: &Request) -> Intent {
        let tokens = &self.reader.sentence.tokens;
        let is_either = tokens.first().is_some_and(|first| cues::is("either", &first.word)) || self.adds_to(request);
        let swaps = tokens.iter().any(|token| cues::is("swaps", &token.word)) || self.leaves_only(request);
        let shift = match () {
            () if is_either => Some(Shift::Either),
            () if !request.genres.is_empty() && (self.adds_genres() || self.says_of_list()) => Some(Shift::Besides),
            () if self.is_for_children_and_more(request) => Some(Shift::Besides),
            () if swaps || self.stands_in_place(request) => Some(Shift::Instead),
            () => None,
        };
        Intent::Refine { filters: request.filters(), tweak: tweak(request), shift }
    }

    /// "animated" after films for children, "para niños" after comedies: for whom films are is beside what they are.
    fn is_for_children_and_more(&self, request: &Request) -> bool {
        let are_for_children = |genres: &[String]| genres.iter().any(|genre| genre == "Children");
        let (said, before) = (&request.genres, self.context.genres);
        !said.is_empty() && !before.is_empty() && are_for_children(said) != are_for_children(before)
    }

    /// "también españolas", "also from the 90s": films of what was asked for or of this, as hardly one is both.
    fn adds_to(&self, request: &Request) -> bool {
        let was_asked = |kind| self.context.topics.iter().any(|topic| topic.kind == kind);
        let excludes = |named: &Named| {
            matches!(named.topic.kind, TopicKind::Origin | TopicKind::Director) && was_asked(named.topic.kind)
        };
        let are_either = match request.named.is_empty() {
            true => request.within.is_some(),
            false => request.named.iter().all(excludes),
        };
        let says_so = self.reader.sentence.tokens.iter().any(|token| cues::is("too_also", &token.word));
        are_either && request.genres.is_empty() && says_so
    }

    /// "ahora solo con Pacino", of films with him and somebody else.
    fn leaves_only(&self, request: &Request) -> bool {
        let was_asked_for = |named: &Named| {
            let is_it =
                |topic: &Topic| topic.kind.is_like(named.topic.kind) && topic.label.contains(&named.topic.label);
            self.context.topics.iter().any(is_it)
        };
        self.says_only() && !request.named.is_empty() && request.named.iter().all(was_asked_for)
    }

    pub(crate) fn says_removal(&self) -> bool {
        let first = self.reader.sentence.tokens.first();
        first.is_some_and(|first| {
            matches!(
                first.word.as_str(),
                "drop"
                    | "remove"
                    | "skip"
                    | "without"
                    | "minus"
                    | "exclude"
                    | "except"
                    | "quita"
                    | "saca"
                    | "sin"
                    | "menos"
            )
        })
    }

    /// Whether a question for films stands before.
    pub(crate) fn goes_on(&self) -> bool {
        self.context.goes_on || !self.context.shown.is_empty()
    }

    /// "with some romance", "but funny": beside what was asked for, where "only comedies" is instead of it.
    fn adds_genres(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        tokens.first().is_some_and(|first| cues::is("adds", &first.word))
            && !tokens.iter().any(|token| cues::is("instead", &token.word))
    }
}

/// "ok", "dale": before what is said of a list.
fn says_nothing(word: &str) -> bool {
    patterns::is_courtesy(word) || cues::is("agrees", word)
}
