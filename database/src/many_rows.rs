//! Statements of many rows, so that a thousand rows are not a thousand round trips.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection, AssertSqlSafe};
use std::sync::Arc;

type Query = sqlx::query::Query<'static, Any, AnyArguments>;

/// Statements are made for 1, 2, 4, ... 64 rows: few enough texts for each to stay prepared.
const LARGEST_CHUNK_LOG2: usize = 6;

/// One statement's text for each power of two of rows.
#[derive(Debug)]
pub struct ManyRows {
    /// With `$1`, `$2`, ...
    numbered: Vec<Arc<String>>,
    /// With `?`, as SQLite wants them: it looks for the name of each place among those of all others, which for a few
    /// hundred is most of an insertion's time.
    unnamed: Vec<Arc<String>>,
}

impl ManyRows {
    /// `before`, then `($1, $2, ...), (...), ...` with as many places a row as there are columns, then `after`; neither of
    /// them has places of its own.
    pub fn new(before: &str, columns: usize, after: &str) -> ManyRows {
        let texts = |place: fn(usize) -> String| {
            let text = |rows: usize| {
                let row = |row: usize| {
                    let places: Vec<String> = (1..=columns).map(|column| place(row * columns + column)).collect();
                    format!("({})", places.join(", "))
                };
                let rows: Vec<String> = (0..rows).map(row).collect();
                Arc::new(format!("{before}{}{after}", rows.join(", ")))
            };
            (0..=LARGEST_CHUNK_LOG2).map(|log2| text(1 << log2)).collect()
        };
        ManyRows { numbered: texts(|number| format!("${number}")), unnamed: texts(|_| "?".to_owned()) }
    }

    /// Runs the statement for all items in as few pieces as the prepared sizes allow; what it returns, in no particular
    /// order.
    pub async fn fetch<T>(
        &self,
        connection: &mut AnyConnection,
        items: &[T],
        bind: impl Fn(Query, &T) -> Query,
    ) -> Result<Vec<AnyRow>, sqlx::Error> {
        let mut returned = Vec::new();
        for (text, chunk) in self.pieces(connection, items) {
            returned.extend(chunk.iter().fold(text, &bind).fetch_all(&mut *connection).await?);
        }
        Ok(returned)
    }

    /// The same for a statement that returns nothing; gives how many rows it changed.
    pub async fn execute<T>(
        &self,
        connection: &mut AnyConnection,
        items: &[T],
        bind: impl Fn(Query, &T) -> Query,
    ) -> Result<u64, sqlx::Error> {
        let mut changed = 0;
        for (text, chunk) in self.pieces(connection, items) {
            changed += chunk.iter().fold(text, &bind).execute(&mut *connection).await?.rows_affected();
        }
        Ok(changed)
    }

    fn pieces<'a, T>(&self, connection: &AnyConnection, items: &'a [T]) -> Vec<(Query, &'a [T])> {
        let texts = if connection.backend_name() == "SQLite" { &self.unnamed } else { &self.numbered };
        let mut pieces = Vec::new();
        let mut rest = items;
        while !rest.is_empty() {
            let log2 = LARGEST_CHUNK_LOG2.min(rest.len().ilog2() as usize);
            let (chunk, others) = rest.split_at(1 << log2);
            // The text is made of the program's own words and place marks alone.
            pieces.push((sqlx::query(AssertSqlSafe(Arc::clone(&texts[log2]))), chunk));
            rest = others;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_for_postgresql_and_unnamed_for_sqlite() {
        let statement = ManyRows::new("INSERT INTO t VALUES ", 2, " RETURNING a");
        assert_eq!(*statement.numbered[1], "INSERT INTO t VALUES ($1, $2), ($3, $4) RETURNING a");
        assert_eq!(*statement.unnamed[1], "INSERT INTO t VALUES (?, ?), (?, ?) RETURNING a");
        assert_eq!(statement.numbered.len(), statement.unnamed.len());
    }
}
