//! Sentences and what they mean, on a small catalogue of well-known films and on the MovieLens sample.

mod endings;
mod families;
mod following;
mod origins;
pub(crate) mod sample;
mod sentences;
mod titles;
mod unwanted;
mod utterances;
mod which_film;

use cineswarm_engine::{Catalogue, Filters, Movie, MovieStats};

use crate::intent::{Mark, NotRated};
use crate::{Intent, Lang, TitleIndex, TitleMatch, Tweak, Understood, understand};

/// Title, year, genres, ratings, other titles.
const FILMS: &[(&str, u16, &str, u32, &[&str])] = &[
    ("Toy Story", 1995, "Adventure|Animation|Children|Comedy|Fantasy", 215, &[]),
    ("Toy Story 2", 1999, "Adventure|Animation|Children|Comedy|Fantasy", 97, &[]),
    ("Toy Story 3", 2010, "Adventure|Animation|Children|Comedy|Fantasy|IMAX", 55, &[]),
    ("Heat", 1995, "Action|Crime|Thriller", 102, &[]),
    ("Alien", 1979, "Horror|Sci-Fi", 146, &[]),
    ("Aliens", 1986, "Action|Adventure|Horror|Sci-Fi", 126, &[]),
    ("Alien: Resurrection", 1997, "Action|Horror|Sci-Fi", 43, &[]),
    ("The Matrix", 1999, "Action|Sci-Fi|Thriller", 278, &[]),
    ("The Matrix Reloaded", 2003, "Action|Sci-Fi|Thriller|IMAX", 96, &[]),
    ("Amelie", 2001, "Comedy|Romance", 120, &["Le fabuleux destin d'Amélie Poulain"]),
    ("Pan's Labyrinth", 2006, "Drama|Fantasy|Thriller", 81, &["El laberinto del fauno"]),
    ("Fargo", 1996, "Comedy|Crime|Drama|Thriller", 181, &[]),
    ("Blade Runner", 1982, "Action|Sci-Fi|Thriller", 124, &[]),
    ("Blade Runner 2049", 2017, "Sci-Fi", 20, &[]),
    ("The Good, the Bad and the Ugly", 1966, "Action|Adventure|Western", 72, &["Il buono, il brutto, il cattivo"]),
    ("Beauty and the Beast", 1991, "Animation|Children|Fantasy|Musical|Romance", 146, &[]),
    ("Beauty and the Beast", 2017, "Fantasy|Romance", 8, &["La bella y la bestia"]),
    ("And Your Mother Too", 2001, "Drama|Romance", 34, &["Y tu mamá también"]),
    ("Star Wars: Episode IV - A New Hope", 1977, "Action|Adventure|Sci-Fi", 251, &[]),
    ("Star Wars: Episode V - The Empire Strikes Back", 1980, "Action|Adventure|Sci-Fi", 211, &[]),
    ("Star Wars: Episode VI - Return of the Jedi", 1983, "Action|Adventure|Sci-Fi", 196, &[]),
    ("The Lord of the Rings", 1978, "Adventure|Animation|Fantasy", 20, &[]),
    ("The Lord of the Rings: The Fellowship of the Ring", 2001, "Adventure|Fantasy", 198, &[]),
    ("The Lord of the Rings: The Two Towers", 2002, "Adventure|Fantasy", 188, &[]),
    ("Why Him?", 2016, "Comedy", 3, &[]),
    ("More", 1998, "Animation|Drama|Sci-Fi|IMAX", 2, &[]),
    ("Popular", 2004, "Drama", 1, &[]),
    ("1917", 2019, "Drama|War", 60, &[]),
    ("300", 2007, "Action|Fantasy|War|IMAX", 80, &[]),
    ("2001: A Space Odyssey", 1968, "Adventure|Drama|Sci-Fi", 109, &[]),
    ("Seven", 1995, "Mystery|Thriller", 203, &["Se7en"]),
    ("Seven Samurai", 1954, "Action|Adventure|Drama", 48, &["Shichinin no samurai"]),
    ("12 Angry Men", 1957, "Drama", 57, &[]),
    ("Twelve Monkeys", 1995, "Mystery|Sci-Fi|Thriller", 177, &["12 Monkeys"]),
    ("Before Sunrise", 1995, "Drama|Romance", 35, &[]),
    ("No Country for Old Men", 2007, "Crime|Drama", 64, &[]),
    ("Sin City", 2005, "Action|Crime|Film-Noir|Mystery|Thriller", 84, &[]),
    ("Some Like It Hot", 1959, "Comedy|Crime", 28, &[]),
    ("Like Water for Chocolate", 1992, "Drama|Fantasy|Romance", 26, &["Como agua para chocolate"]),
    ("Scary Movie", 2000, "Comedy|Horror", 38, &[]),
    ("Spirited Away", 2001, "Adventure|Animation|Fantasy", 87, &["Sen to Chihiro no kamikakushi"]),
    ("Kids", 1995, "Drama", 21, &[]),
    ("The Thing", 1982, "Action|Horror|Sci-Fi|Thriller", 38, &[]),
    ("The Thing", 2011, "Horror|Mystery|Sci-Fi|Thriller", 5, &[]),
    ("Heat", 1986, "Action", 12, &[]),
    ("Singin' in the Rain", 1952, "Comedy|Musical|Romance", 47, &[]),
    ("Monsters, Inc.", 2001, "Adventure|Animation|Children|Comedy|Fantasy", 132, &[]),
    ("WALL·E", 2008, "Adventure|Animation|Children|Romance|Sci-Fi", 104, &[]),
    ("Spider-Man", 2002, "Action|Adventure|Sci-Fi|Thriller", 122, &[]),
    ("The Shawshank Redemption", 1994, "Crime|Drama", 317, &[]),
    ("The Godfather", 1972, "Crime|Drama", 192, &[]),
    ("The Godfather: Part II", 1974, "Crime|Drama", 129, &[]),
    ("Up", 2009, "Adventure|Animation|Children|Drama", 105, &[]),
    ("War of the Worlds", 2005, "Action|Adventure|Sci-Fi|Thriller", 50, &[]),
    ("City of God", 2002, "Action|Adventure|Crime|Drama|Thriller", 75, &["Cidade de Deus"]),
    ("Grave of the Fireflies", 1988, "Animation|Drama|War", 33, &["Hotaru no haka"]),
    ("March of the Penguins", 2005, "Documentary", 30, &[]),
];

fn catalogue() -> Catalogue {
    Catalogue::new((1..).zip(FILMS).map(|(id, (title, year, genres, ratings, other_titles))| {
        let movie = Movie {
            id,
            title: (*title).to_owned(),
            other_titles: other_titles.iter().map(|title| (*title).to_owned()).collect(),
            year: Some(*year),
            genres: genres.split('|').map(str::to_owned).collect(),
            imdb_id: None,
            tmdb_id: None,
        };
        (movie, MovieStats { ratings: *ratings, half_stars_sum: u64::from(*ratings) * 7 })
    }))
}

/// What was understood, in one short line.
fn in_short(understood: &Understood, catalogue: &Catalogue) -> String {
    let name = |movie: &u32| {
        let movie = catalogue.get(*movie).unwrap();
        movie.year.map_or(movie.title.clone(), |year| format!("{} {year}", movie.title))
    };
    let names = |movies: &[u32]| movies.iter().map(name).collect::<Vec<_>>().join(" + ");
    let with = |start: String, filters: &Filters, tweak: Tweak| {
        let mut line = start;
        filters.genres.iter().for_each(|genre| line += &format!(" +{genre}"));
        understood.topics.iter().for_each(|topic| line += &format!(" +{}", topic.label.replace(" + ", "&")));
        filters.exclude_genres.iter().for_each(|genre| line += &format!(" -{genre}"));
        match (filters.year_from, filters.year_to) {
            (None, None) => {}
            (from, to) => {
                let year = |year: Option<u16>| year.map_or(String::new(), |year| year.to_string());
                line += &format!(" [{}..{}]", year(from), year(to));
            }
        }
        if tweak == Tweak::LessKnown {
            line += " less known";
        }
        if !filters.exclude_seen {
            line += " seen too";
        }
        line
    };
    let mut line = match &understood.intent {
        Intent::Like { movies, filters, tweak } => with(format!("like {}", names(movies)), filters, *tweak),
        Intent::Browse { filters, tweak } => with("browse".into(), filters, *tweak),
        Intent::ForMe { filters } => with("for me".into(), filters, Tweak::None),
        Intent::ForUser { user_id, filters } => with(format!("user {user_id}"), filters, Tweak::None),
        Intent::Popular { filters } => with("popular".into(), filters, Tweak::None),
        Intent::Rate { movie, half_stars } => format!("rate {}: {}", name(movie), half_stars.stars()),
        Intent::RateSeveral { ratings, left_out } => {
            let each = ratings.iter().map(|(movie, given)| format!("{}: {}", name(movie), given.stars()));
            let left_out = left_out.iter().map(|left| match left {
                NotRated::Unknown(said) | NotRated::OffScale(_, said) | NotRated::NotYours(said) => {
                    format!(" without {said}")
                }
            });
            format!("rate {}{}", each.collect::<Vec<_>>().join(", "), left_out.collect::<String>())
        }
        Intent::RateBy { movie, half_stars } => format!("rate {} by {}", name(movie), f64::from(*half_stars) / 2.0),
        Intent::MarkInstead { movie, mark, of } => {
            let kind = if *mark == Mark::Seen { "seen" } else { "hide" };
            format!("{kind} {}, not {}", name(movie), name(of))
        }
        Intent::RateInstead { movie, half_stars, of } => {
            format!("rate {}: {}, not {}", name(movie), half_stars.stars(), name(of))
        }
        Intent::RateOffScale { movie, said } => format!("off scale {}: {said}", name(movie)),
        Intent::Why { movie } => format!("why {}", name(movie)),
        Intent::More => "more".into(),
        Intent::LessKnown => "less known".into(),
        Intent::Clarify { question, about, options, .. } => {
            let labels: Vec<&str> = options.iter().map(|option| option.label.as_str()).collect();
            format!("{question:?} {about}: {}", labels.join(" | "))
        }
        Intent::UnknownTitle { asked, nearest } => format!("unknown {asked}: {}", names(nearest)),
        Intent::OutsideTheData { asked } => format!("outside {asked}"),
        Intent::About { wanted, movie } => format!("about {wanted:?} {}", name(movie)),
        Intent::IsBy { movie, name: who, wanted, holds } => format!("{who} {wanted:?} {holds} {}", name(movie)),
        Intent::Tagged { movie, said, holds } => format!("tagged {said} {holds} {}", name(movie)),
        Intent::AboutBoth { wanted, movie } => format!("about {wanted:?} {}", name(movie)),
        Intent::CountOf { filters, .. } => with("count of".into(), filters, Tweak::None),
        Intent::MyRatings => "my ratings".into(),
        Intent::MySeen => "my seen".into(),
        Intent::UnrateSeveral { movies } => format!("unrate {}", names(movies)),
        Intent::CountFilms => "count".into(),
        Intent::Compare { wanted, movies } => format!("compare {wanted:?} {}", movies.len()),
        Intent::AmongShown { film, found } => format!("among shown {film:?} {}", found.len()),
        Intent::InOrder { order, movies } => format!("{order:?} {}", movies.len()),
        Intent::Series { name, movies } => format!("series {name} {}", movies.len()),
        Intent::Thanks => "thanks".into(),
        Intent::Chosen { movie } => format!("chosen {}", name(movie)),
        Intent::OfItself(said) => format!("{said:?}"),
        Intent::Unrate { movie } => format!("unrate {}", name(movie)),
        Intent::Refine { filters, tweak, shift } => {
            with("refine".into(), filters, *tweak) + &shift.map_or(String::new(), |shift| format!(" {shift:?}"))
        }
        Intent::LikeInstead { movies } => format!("like instead {}", names(movies)),
        Intent::Undo => "undo".into(),
        Intent::StartOver => "start over".into(),
        Intent::Mark { movies, mark } => format!("{mark:?} {}", names(movies)),
        Intent::WhichOne => "which one".into(),
        Intent::Declined => "declined".into(),
        Intent::NoSuchPlace { .. } => "no such place".into(),
        Intent::NotUnderstood { .. } | Intent::Help => "help".into(),
    };
    if let Some(n) = understood.n {
        line += &format!(" n={n}");
    }
    if !understood.ignored.is_empty() {
        line += &format!(" ignoring {}", understood.ignored.join(", "));
    }
    line
}

struct Room {
    catalogue: Catalogue,
    index: TitleIndex,
}

impl Room {
    fn new() -> Room {
        let catalogue = catalogue();
        let index = TitleIndex::build(&catalogue);
        Room { catalogue, index }
    }

    fn understand(&self, text: &str, lang: Lang) -> Understood {
        understand(text, lang, &self.index, &self.catalogue)
    }

    fn in_short(&self, text: &str, lang: Lang) -> String {
        in_short(&self.understand(text, lang), &self.catalogue)
    }
}
