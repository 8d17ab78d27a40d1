//! A dataset version as a graph for Neo4j: nodes and relationships in the CSV files that its importer takes, and a Cypher
//! script that loads the same files into a running database.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::export::write_lines;
use super::{Dataset, Error};
use crate::best::Best;
use crate::catalogue::Movie;
use crate::movielens::csv_field;
use crate::ranking::graph::FEWEST_IN_COMMON;
use crate::rating::LIKED;
use crate::versions;

/// Films that one is joined to at the most, those with most people in common.
const MOST_JOINED: usize = 50;

const SCRIPT: &str = "\
// Loads this folder into a running Neo4j: put its files into the database's import folder, and run
//   cypher-shell -f load.cypher
// Faster, into a new database:
//   neo4j-admin database import full --nodes=peliculas.csv --nodes=usuarios.csv \\
//     --relationships=vio.csv --relationships=coincide.csv DATABASE
CREATE CONSTRAINT pelicula IF NOT EXISTS FOR (p:Pelicula) REQUIRE p.peliculaId IS UNIQUE;
CREATE CONSTRAINT usuario IF NOT EXISTS FOR (u:Usuario) REQUIRE u.usuarioId IS UNIQUE;
LOAD CSV WITH HEADERS FROM 'file:///peliculas.csv' AS row CALL {
  WITH row
  MERGE (p:Pelicula {peliculaId: row.`peliculaId:ID(Pelicula)`})
  SET p.titulo = row.titulo, p.anio = toInteger(row.`anio:int`), p.generos = split(row.`generos:string[]`, ';'),
      p.imdbId = row.imdbId, p.tmdbId = row.tmdbId
} IN TRANSACTIONS;
LOAD CSV WITH HEADERS FROM 'file:///usuarios.csv' AS row CALL {
  WITH row
  MERGE (:Usuario {usuarioId: row.`usuarioId:ID(Usuario)`})
} IN TRANSACTIONS;
LOAD CSV WITH HEADERS FROM 'file:///vio.csv' AS row CALL {
  WITH row
  MATCH (u:Usuario {usuarioId: row.`:START_ID(Usuario)`}), (p:Pelicula {peliculaId: row.`:END_ID(Pelicula)`})
  MERGE (u)-[v:VIO]->(p) SET v.rating = toFloat(row.`rating:float`), v.timestamp = toInteger(row.`timestamp:long`)
} IN TRANSACTIONS;
LOAD CSV WITH HEADERS FROM 'file:///coincide.csv' AS row CALL {
  WITH row
  MATCH (a:Pelicula {peliculaId: row.`:START_ID(Pelicula)`}), (b:Pelicula {peliculaId: row.`:END_ID(Pelicula)`})
  MERGE (a)-[c:COINCIDE]->(b) SET c.coincidencias = toInteger(row.`coincidencias:int`)
} IN TRANSACTIONS;
";

/// Writes `peliculas.csv` and `usuarios.csv` (nodes), `vio.csv` (who rated what, with stars and time), `coincide.csv` (how
/// many people liked both of two films, from four stars on; of each film the 50 it has most in common with, each pair
/// once) and `load.cypher` to a folder, which is made if need be. Counting takes time with the square of what each user
/// rated. Files of these names are replaced.
pub fn export_neo4j(dataset: &Dataset, folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(versions::Error::io("making", folder))?;
    let write = |name: &str, rows: &dyn Fn(&mut dyn Write) -> io::Result<()>| write_lines(folder, name, rows);
    let catalogue = dataset.catalogue();
    write("peliculas.csv", &|out| {
        writeln!(out, "peliculaId:ID(Pelicula),titulo,anio:int,generos:string[],imdbId,tmdbId,:LABEL")?;
        catalogue.movies().iter().try_for_each(|movie| {
            let Movie { id, title, year, genres, imdb_id, tmdb_id, .. } = movie;
            let imdb = imdb_id.map(|id| format!("tt{id:07}")).unwrap_or_default();
            let (id, title, genres) = (catalogue.id_shown(*id), csv_field(title), genres.join(";"));
            let (id, genres) = (csv_field(&id), csv_field(&genres));
            writeln!(out, "{id},{title},{},{genres},{imdb},{},Pelicula", shown(*year), shown(*tmdb_id))
        })
    })?;
    write("usuarios.csv", &|out| {
        writeln!(out, "usuarioId:ID(Usuario),:LABEL")?;
        dataset.rows().try_for_each(|(user, ..)| writeln!(out, "{},Usuario", csv_field(&dataset.user_shown(user))))
    })?;
    write("vio.csv", &|out| {
        writeln!(out, ":START_ID(Usuario),:END_ID(Pelicula),rating:float,timestamp:long,:TYPE")?;
        for (user, ..) in dataset.rows() {
            let person = dataset.user_shown(user);
            for (movie, half_stars, at) in dataset.ratings_of(user).into_iter().flatten() {
                let film = catalogue.id_shown(movie);
                writeln!(out, "{},{},{:.1},{at},VIO", csv_field(&person), csv_field(&film), half_stars.stars())?;
            }
        }
        Ok(())
    })?;
    let joined = films_in_common(dataset);
    write("coincide.csv", &|out| {
        writeln!(out, ":START_ID(Pelicula),:END_ID(Pelicula),coincidencias:int,:TYPE")?;
        let id = |place: u32| catalogue.id_shown(catalogue.movies()[place as usize].id);
        joined.iter().try_for_each(|&(one, other, people)| {
            writeln!(out, "{},{},{people},COINCIDE", csv_field(&id(one)), csv_field(&id(other)))
        })
    })?;
    write("load.cypher", &|out| out.write_all(SCRIPT.as_bytes()))
}

fn shown(value: Option<impl Display>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Pairs of places in the catalogue, ascending, and how many people liked both: those that are among the most of either.
fn films_in_common(dataset: &Dataset) -> Vec<(u32, u32, u32)> {
    let catalogue = dataset.catalogue();
    // By user the films that were liked, and by film the users who did.
    let mut liked_by: Vec<Vec<u32>> = vec![Vec::new(); catalogue.len()];
    let mut liked: Vec<Vec<u32>> = Vec::new();
    for (_, movies, half_stars) in dataset.rows() {
        let own = movies.iter().zip(half_stars).filter(|(_, half_stars)| **half_stars >= LIKED);
        let places: Vec<u32> = own.filter_map(|(&movie, _)| Some(catalogue.position(movie)? as u32)).collect();
        places.iter().for_each(|&place| liked_by[place as usize].push(liked.len() as u32));
        liked.push(places);
    }
    let mut people = vec![0_u32; catalogue.len()];
    let mut pairs = Vec::new();
    for (film, fans) in (0_u32..).zip(&liked_by) {
        let others = || fans.iter().flat_map(|&fan| &liked[fan as usize]).filter(|&&other| other != film);
        others().for_each(|&other| people[other as usize] += 1);
        let mut most = Best::new(MOST_JOINED, |a: &(u32, u32), b: &(u32, u32)| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for &other in others() {
            let count = std::mem::take(&mut people[other as usize]);
            if count >= FEWEST_IN_COMMON {
                most.offer((count, other));
            }
        }
        pairs.extend(most.into_sorted().into_iter().map(|(count, other)| (film.min(other), film.max(other), count)));
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}
