//! A dataset as a graph: every node and relationship once, quoted as its importer reads it, and counts that a naive count
//! agrees with.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use cineswarm_engine::dataset::export_neo4j;
use common::Fixture;

const FILMS: &str = "movieId,title,genres\n\
    1,\"Good, the \"\"Bad\"\" and the Ugly, The (1966)\",Western\n\
    2,Heat (1995),Action|Crime\n3,Alien (1979),Horror|Sci-Fi\n4,Unseen,(no genres listed)\n";

fn stars(user: u32, film: u32) -> f64 {
    f64::from((user * 7 + film * 5) % 10 + 1) / 2.0
}

#[test]
fn nodes_relationships_and_people_in_common_are_those_of_the_dataset() {
    let mut ratings = "userId,movieId,rating,timestamp\n".to_owned();
    for (user, film) in (1..=30).flat_map(|user| (1..=3).map(move |film| (user, film))) {
        ratings += &format!("{user},{film},{},{}\n", stars(user, film), 1_000_000_000 + user);
    }
    let fixture = Fixture::new(&[("movies.csv", FILMS.as_bytes()), ("ratings.csv", ratings.as_bytes())]);
    let dataset = fixture.imported();
    let folder = tempfile::tempdir().unwrap();
    export_neo4j(&dataset, folder.path()).unwrap();
    let lines = |name: &str| -> Vec<String> {
        fs::read_to_string(folder.path().join(name)).unwrap().lines().map(str::to_owned).collect()
    };

    assert_eq!(
        lines("peliculas.csv"),
        [
            "peliculaId:ID(Pelicula),titulo,anio:int,generos:string[],imdbId,tmdbId,:LABEL",
            "1,\"The Good, the \"\"Bad\"\" and the Ugly\",1966,Western,,,Pelicula",
            "2,Heat,1995,Action;Crime,,,Pelicula",
            "3,Alien,1979,Horror;Sci-Fi,,,Pelicula",
            "4,Unseen,,,,,Pelicula",
        ]
    );
    let users: BTreeSet<String> = lines("usuarios.csv").into_iter().skip(1).collect();
    assert_eq!(users, (1..=30).map(|user| format!("{user},Usuario")).collect());
    let seen: BTreeSet<String> = lines("vio.csv").into_iter().skip(1).collect();
    let expected = (1..=30).flat_map(|user| {
        (1..=3).map(move |film| format!("{user},{film},{:.1},{},VIO", stars(user, film), 1_000_000_000 + user))
    });
    assert_eq!(seen, expected.collect());

    let mut people: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for (one, other) in [(1, 2), (1, 3), (2, 3)] {
        let both = (1..=30).filter(|&user| stars(user, one) >= 4.0 && stars(user, other) >= 4.0).count();
        people.insert((one, other), both as u32);
    }
    people.retain(|_, people| *people >= 2);
    assert!(!people.is_empty(), "there is something to count");
    let counted: Vec<String> = lines("coincide.csv").into_iter().skip(1).collect();
    let expected: Vec<String> =
        people.iter().map(|((one, other), people)| format!("{one},{other},{people},COINCIDE")).collect();
    assert_eq!(counted, expected);

    // The script reads the columns by the names that they have.
    let script = fs::read_to_string(folder.path().join("load.cypher")).unwrap();
    for name in ["peliculas.csv", "usuarios.csv", "vio.csv", "coincide.csv"] {
        assert!(script.contains(&format!("file:///{name}")));
        for column in lines(name)[0].split(',').filter(|column| ![":LABEL", ":TYPE"].contains(column)) {
            assert!(
                script.contains(&format!("row.`{column}`")) || script.contains(&format!("row.{column}")),
                "{column}"
            );
        }
    }
}
