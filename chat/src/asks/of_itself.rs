//! What is asked of the chat itself, or said to it, that lists no films.

/// What the chat says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfItself {
    /// That it is a program.
    Nature,
    /// That it speaks of nothing but films.
    OnlyFilms,
    /// Goodbye.
    Farewell,
    /// "ok", "yes".
    Agreed,
    /// "no", where nothing was asked.
    NotThese,
    /// How a film is rated, and how a rating is changed.
    HowToRate,
    /// That it looks for films that are liked, not for the worst.
    NoWorst,
    /// That ratings are taken back one by one.
    AllRatings,
    /// Where a film that was seen or hidden is brought back.
    Marks,
    /// That the stars of two films are not exchanged, and how they are changed.
    Swap,
    /// That it does not know where films can be seen.
    WhereToWatch,
    /// That it knows neither for what age films are nor how frightening.
    Fitness,
    /// That it knows no endings.
    Endings,
    /// That it knows of no prizes, trailers and the like.
    Unknown,
    /// Which genres there are.
    Genres,
    /// That it does not explain words.
    Meanings,
    /// That films are not found by what happens in them.
    ByPlot,
    /// A kind word to somebody who is bored, or hungry, or awake.
    SmallTalk,
    /// A kind word to somebody who is sad.
    Sorrow,
    /// A short answer to "wow".
    Reaction,
    /// A short answer to who is not content with it.
    Reproach,
    /// Which languages it understands.
    Languages,
    /// That it likes no film more than others.
    Favourite,
    /// What it remembers of a viewer.
    Memory,
    /// Where the ratings are from.
    Sources,
    /// How a list comes about.
    HowChosen,
    /// That nothing was done.
    NothingDone,
}

impl OfItself {
    /// From its name in `data/patterns.tsv`.
    pub(crate) fn from_name(name: &str) -> Option<OfItself> {
        Some(match name {
            "Nature" => OfItself::Nature,
            "OnlyFilms" => OfItself::OnlyFilms,
            "Farewell" => OfItself::Farewell,
            "HowToRate" => OfItself::HowToRate,
            "NoWorst" => OfItself::NoWorst,
            "AllRatings" => OfItself::AllRatings,
            "Genres" => OfItself::Genres,
            "Meanings" => OfItself::Meanings,
            "ByPlot" => OfItself::ByPlot,
            "SmallTalk" => OfItself::SmallTalk,
            "Sorrow" => OfItself::Sorrow,
            "Reaction" => OfItself::Reaction,
            "Reproach" => OfItself::Reproach,
            "Languages" => OfItself::Languages,
            "Favourite" => OfItself::Favourite,
            "Memory" => OfItself::Memory,
            "Sources" => OfItself::Sources,
            "HowChosen" => OfItself::HowChosen,
            "NothingDone" => OfItself::NothingDone,
            _ => return None,
        })
    }
}
