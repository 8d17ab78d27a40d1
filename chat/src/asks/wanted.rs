//! What people want to know of a film.

/// What is to be known about a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Who directed it.
    Director,
    /// Who is in it.
    Cast,
    /// When it came out.
    Year,
    /// Its genres.
    Genre,
    /// What happens in it.
    Plot,
    /// Whether viewers like it.
    Opinion,
    /// Whether the catalogue has it.
    Have,
    /// How long it is.
    Runtime,
    /// Its country or language.
    Country,
    /// Where it can be seen.
    WhereToWatch,
    /// The viewer's own rating.
    MyRating,
    /// Who plays a part.
    Role,
    /// Whether it belongs to a series.
    Series,
    /// What other films there are of its name.
    Versions,
    /// What else it is called.
    Title,
    /// For what age it is fit, and how frightening it is.
    Suits,
    /// What no fact says: awards, the ending.
    Other,
}

impl Wanted {
    /// From its name in the patterns.
    pub(crate) fn from_name(name: &str) -> Option<Wanted> {
        Some(match name {
            "Director" => Wanted::Director,
            "Cast" => Wanted::Cast,
            "Year" => Wanted::Year,
            "Plot" => Wanted::Plot,
            "Opinion" => Wanted::Opinion,
            "Runtime" => Wanted::Runtime,
            "Genre" => Wanted::Genre,
            "Have" => Wanted::Have,
            "Country" => Wanted::Country,
            "WhereToWatch" => Wanted::WhereToWatch,
            "MyRating" => Wanted::MyRating,
            "Role" => Wanted::Role,
            "Series" => Wanted::Series,
            "Title" => Wanted::Title,
            "Other" => Wanted::Other,
            _ => return None,
        })
    }
}
