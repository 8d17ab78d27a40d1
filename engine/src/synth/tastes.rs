//! The kinds of taste that films appeal to and viewers have, each tied to genres and to words for titles. Invented.

use crate::chance::Chance;

/// A kind of taste.
pub(super) struct Taste {
    /// How many films are mainly of this kind, relative to the others.
    pub share: f64,
    /// MovieLens' genres with how often a film of this kind has them; the first is its mark.
    pub genres: &'static [(&'static str, f64)],
    /// What a film of this kind may be called after.
    pub nouns: [&'static str; 16],
}

/// How many kinds of taste there are.
pub(super) const TASTE_COUNT: usize = 12;

/// Every kind of taste.
#[rustfmt::skip] // a table: a line for each noun would hide what makes up a taste
pub(super) const TASTES: [Taste; TASTE_COUNT] = [
    Taste { share: 10.0, genres: &[("Action", 0.95), ("Adventure", 0.35), ("Thriller", 0.35), ("IMAX", 0.02)], nouns: [
        "Strike", "Commando", "Vengeance", "Blade", "Thunder", "Escape", "Fury", "Bullet", "Fist", "Dragon", "Ambush",
        "Pursuit", "Storm", "Warrior", "Impact", "Hunter" ] },
    Taste { share: 7.0, genres: &[("Sci-Fi", 0.95), ("Action", 0.35), ("Adventure", 0.3), ("IMAX", 0.04)], nouns: [
        "Galaxy", "Android", "Orbit", "Signal", "Planet", "Machine", "Paradox", "Colony", "Starship", "Clone", "Nebula",
        "Future", "Invasion", "Horizon", "Experiment", "Station" ] },
    Taste { share: 5.0, genres: &[("Fantasy", 0.9), ("Adventure", 0.7), ("Children", 0.1)], nouns: [
        "Sword", "Crown", "Sorcerer", "Kingdom", "Quest", "Amulet", "Giant", "Castle", "Oracle", "Griffin", "Spell",
        "Labyrinth", "Throne", "Prophecy", "Wanderer", "Tower" ] },
    Taste { share: 16.0, genres: &[("Comedy", 0.98), ("Romance", 0.1)], nouns: [
        "Wedding", "Neighbour", "Weekend", "Holiday", "Roommate", "Cousin", "Disaster", "Reunion", "Boss", "Picnic",
        "Bachelor", "Landlord", "Vacation", "Impostor", "Party", "Uncle" ] },
    Taste { share: 9.0, genres: &[("Romance", 0.95), ("Drama", 0.5), ("Comedy", 0.45)], nouns: [
        "Kiss", "Letter", "Heart", "Summer", "Waltz", "Promise", "Bride", "Garden", "Affair", "Melody", "Spring",
        "Lover", "Farewell", "Rose", "Dream", "Valentine" ] },
    Taste { share: 22.0, genres: &[("Drama", 1.0), ("Romance", 0.1)], nouns: [
        "Daughter", "River", "House", "Silence", "Winter", "Stranger", "Journey", "Father", "Season", "Harvest",
        "Bridge", "Memory", "Brother", "Road", "Orchard", "Widow" ] },
    Taste { share: 5.0, genres: &[("War", 0.75), ("Drama", 0.6), ("Western", 0.25), ("Action", 0.2)], nouns: [
        "Battalion", "Frontier", "Siege", "Soldier", "Flag", "General", "Trench", "Ranger", "Front", "Regiment",
        "Canyon", "Retreat", "Sheriff", "Armistice", "Outpost", "Convoy" ] },
    Taste { share: 7.0, genres: &[("Crime", 0.95), ("Drama", 0.4), ("Thriller", 0.4), ("Film-Noir", 0.08)], nouns: [
        "Heist", "Gangster", "Alibi", "Syndicate", "Informer", "Verdict", "Robbery", "Detective", "Boxer", "Safe",
        "Inspector", "Witness", "Racket", "Fugitive", "Jury", "Debt" ] },
    Taste { share: 7.0, genres: &[("Thriller", 0.95), ("Mystery", 0.5), ("Drama", 0.25)], nouns: [
        "Secret", "Shadow", "Conspiracy", "Deception", "Passenger", "Cipher", "Mirror", "Trap", "Silhouette", "Suspect",
        "Clue", "Vanishing", "Labyrinth", "Watcher", "Obsession", "Motive" ] },
    Taste { share: 6.0, genres: &[("Horror", 0.98), ("Thriller", 0.3), ("Mystery", 0.08)], nouns: [
        "Crypt", "Vampire", "Curse", "Asylum", "Phantom", "Scream", "Cellar", "Werewolf", "Haunting", "Graveyard",
        "Ghoul", "Ritual", "Nightmare", "Scarecrow", "Possession", "Fang" ] },
    Taste { share: 4.0, genres: &[("Children", 0.9), ("Animation", 0.6), ("Comedy", 0.4), ("Musical", 0.25)], nouns: [
        "Puppy", "Rabbit", "Circus", "Penguin", "Balloon", "Treehouse", "Pirate", "Kitten", "Toymaker", "Snowman",
        "Squirrel", "Carousel", "Pony", "Otter", "Bakery", "Lighthouse" ] },
    Taste { share: 6.0, genres: &[("Documentary", 1.0), ("Musical", 0.05), ("IMAX", 0.03)], nouns: [
        "Glacier", "Factory", "Orchestra", "Archive", "Migration", "Election", "Ocean", "Portrait", "Harbour", "Reef",
        "Village", "Marathon", "Museum", "Volcano", "Border", "Trial" ] },
];

const ADJECTIVES: [&str; 48] = [
    "Last",
    "Broken",
    "Silent",
    "Crimson",
    "Hidden",
    "Golden",
    "Lost",
    "Endless",
    "Secret",
    "Burning",
    "Frozen",
    "Distant",
    "Perfect",
    "Wild",
    "Quiet",
    "Electric",
    "Savage",
    "Gentle",
    "Crooked",
    "Eternal",
    "Fallen",
    "Hollow",
    "Invisible",
    "Lonely",
    "Midnight",
    "Northern",
    "Pale",
    "Reckless",
    "Scarlet",
    "Second",
    "Shattered",
    "Sleeping",
    "Southern",
    "Stolen",
    "Strange",
    "Tender",
    "Unlikely",
    "Velvet",
    "Wandering",
    "Wicked",
    "Young",
    "Blind",
    "Brave",
    "Cold",
    "Dark",
    "Early",
    "Final",
    "Great",
];

const PLACES: [&str; 40] = [
    "Lisbon",
    "Havana",
    "Cairo",
    "Oslo",
    "Kyoto",
    "Naples",
    "Boston",
    "Bombay",
    "Vienna",
    "Dublin",
    "Nairobi",
    "Lima",
    "Prague",
    "Seoul",
    "Chicago",
    "Tangier",
    "Helsinki",
    "Marseille",
    "Odessa",
    "Santiago",
    "Glasgow",
    "Memphis",
    "Hanoi",
    "Warsaw",
    "Toledo",
    "Bristol",
    "Montreal",
    "Sofia",
    "Tunis",
    "Zanzibar",
    "Ravenna",
    "Quito",
    "Antwerp",
    "Bergen",
    "Cadiz",
    "Dakar",
    "Galway",
    "Trieste",
    "Utrecht",
    "Yalta",
];

/// A title after what the film is about; not unlike any other's.
pub(super) fn title(taste: usize, chance: &mut Chance) -> String {
    let mut one_of = |words: &[&'static str]| words[chance.below(words.len())];
    let (noun, adjective, place) = (one_of(&TASTES[taste].nouns), one_of(&ADJECTIVES), one_of(&PLACES));
    match chance.below(5) {
        0 => format!("The {adjective} {noun}"),
        1 => format!("{adjective} {noun}"),
        2 => format!("The {noun} of {place}"),
        3 => format!("The {adjective} {noun} of {place}"),
        _ => format!("{adjective} {noun} in {place}"),
    }
}

/// The genres, in alphabetical order, of a film that appeals to tastes as far as `appeal` says (sum 1).
pub(super) fn genres(appeal: &[f32; TASTE_COUNT], chance: &mut Chance) -> Vec<String> {
    let mut genres = Vec::new();
    for (taste, &appeal) in TASTES.iter().zip(appeal) {
        let marks = match appeal {
            0.45.. => taste.genres,
            0.2.. => &taste.genres[..1],
            _ => &[],
        };
        for &(genre, often) in marks {
            if chance.unit() < often {
                genres.push(genre.to_owned());
            }
        }
    }
    if genres.is_empty() {
        genres.push(TASTES[main(appeal)].genres[0].0.to_owned());
    }
    genres.sort_unstable();
    genres.dedup();
    genres
}

/// The taste that a film appeals to most, or a viewer has most of.
pub(super) fn main(tastes: &[f32; TASTE_COUNT]) -> usize {
    let above = |best: usize, next: usize| if tastes[next] > tastes[best] { next } else { best };
    (1..TASTE_COUNT).fold(0, above)
}
