//! What has changed of one user's row since everybody's were laid out: in order of films, and of each film in order of the
//! changes. A row then and now is what it was before, with the last change of each film laid over it.

/// A change of a row. Bytes, so that it takes ten and not sixteen: a million of them are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    film: [u8; 4],
    at: [u8; 5],
    /// 0 where a rating was taken back.
    half_stars: u8,
}

/// Changes of one row, of which those count that are numbered `as_of` or lower.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowChanges<'a> {
    pub(crate) all: &'a [Change],
    pub(crate) as_of: u64,
}

impl Change {
    pub(crate) fn new(film: u32, half_stars: Option<u8>, at: u64) -> Change {
        // A log of more than 2^40 events would be some hundred terabytes; what is past them counts from there on.
        let [at @ .., _, _, _] = at.min((1 << 40) - 1).to_le_bytes();
        Change { film: film.to_le_bytes(), at, half_stars: half_stars.unwrap_or(0) }
    }

    pub(crate) fn film(&self) -> u32 {
        u32::from_le_bytes(self.film)
    }

    /// Its number.
    pub(crate) fn at(&self) -> u64 {
        let [a, b, c, d, e] = self.at;
        u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])
    }

    fn half_stars(&self) -> Option<u8> {
        (self.half_stars > 0).then_some(self.half_stars)
    }
}

impl<'a> RowChanges<'a> {
    pub(crate) const NONE: RowChanges<'static> = RowChanges { all: &[], as_of: u64::MAX };

    /// The films that have changed, ascending, and what each has then.
    pub(crate) fn films(self) -> impl Iterator<Item = (u32, Option<u8>)> + 'a {
        let by_film = self.all.chunk_by(|one, next| one.film == next.film);
        by_film.filter_map(move |changes| {
            let last = changes.iter().rfind(|change| change.at() <= self.as_of)?;
            Some((last.film(), last.half_stars()))
        })
    }

    /// What the film has then; `None` if it had not changed.
    pub(crate) fn film(self, film: u32) -> Option<Option<u8>> {
        if self.all.is_empty() {
            return None;
        }
        let before = &self.all[..self.all.partition_point(|change| change.film() <= film)];
        let changes = before.iter().rev().take_while(|change| change.film() == film);
        changes.into_iter().find(|change| change.at() <= self.as_of).map(Change::half_stars)
    }
}
