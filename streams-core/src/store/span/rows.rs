//! The rows of one key, sorted by span.

use super::Span;

#[derive(Debug)]
struct Row<T, V> {
    span: T,
    /// `None` for a row that was removed and is still owed as such.
    value: Option<V>,
    timestamp: i64,
    flags: u8,
}

const UNLOGGED: u8 = 1;
const UNFLUSHED: u8 = 2;

/// See the module.
#[derive(Debug)]
pub struct Rows<T, V>(Vec<Row<T, V>>);

impl<T, V> Default for Rows<T, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Span, V> Rows<T, V> {
    fn at(&self, span: T) -> Result<usize, usize> {
        // Most often the last row, or behind it.
        match self.0.last() {
            None => Err(0),
            Some(last) if last.span < span => Err(self.0.len()),
            Some(last) if last.span == span => Ok(self.0.len() - 1),
            _ => self.0.binary_search_by(|row| row.span.cmp(&span)),
        }
    }

    /// The value at a span and its timestamp.
    pub fn get(&self, span: T) -> Option<(&V, i64)> {
        let row = self.0.get(self.at(span).ok()?)?;
        Some((row.value.as_ref()?, row.timestamp))
    }

    /// Puts a value at a span.
    pub fn put(&mut self, span: T, value: V, timestamp: i64) {
        self.set(span, Some(value), timestamp);
    }

    /// Removes the value at a span and gives it back.
    pub fn remove(&mut self, span: T) -> Option<V> {
        let at = self.at(span).ok()?;
        let row = self.0.get_mut(at)?;
        row.flags |= UNLOGGED | UNFLUSHED;
        row.value.take()
    }

    fn set(&mut self, span: T, value: Option<V>, timestamp: i64) {
        let flags = UNLOGGED | UNFLUSHED;
        match self.at(span) {
            Ok(at) => {
                if let Some(row) = self.0.get_mut(at) {
                    *row = Row { span, value, timestamp, flags };
                }
            }
            Err(at) => self.0.insert(at, Row { span, value, timestamp, flags }),
        }
    }

    /// The rows from `from` to `to`, both included, in ascending order.
    pub fn range(&self, from: T, to: T) -> impl DoubleEndedIterator<Item = (T, &V, i64)> {
        let first = self.0.partition_point(|row| row.span < from);
        let rows = self.0.get(first..).unwrap_or_default();
        let count = rows.partition_point(|row| row.span <= to);
        rows.get(..count)
            .unwrap_or_default()
            .iter()
            .filter_map(|row| Some((row.span, row.value.as_ref()?, row.timestamp)))
    }

    /// All rows, removed ones included.
    pub(super) fn all(&self) -> impl Iterator<Item = (T, Option<&V>, i64)> {
        self.0.iter().map(|row| (row.span, row.value.as_ref(), row.timestamp))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Drops rows at or before `horizon`. True if any row is left.
    pub(super) fn expire(&mut self, horizon: i64) -> bool {
        if self.0.first().is_some_and(|row| row.span.time() <= horizon) {
            self.0.retain(|row| row.span.time() > horizon);
        }
        !self.0.is_empty()
    }

    /// Puts what changelog and disk have.
    pub(super) fn restore(&mut self, span: T, value: Option<V>, timestamp: i64) {
        let found = self.at(span);
        match (found, value) {
            (Ok(at), Some(value)) => {
                if let Some(row) = self.0.get_mut(at) {
                    *row = Row { span, value: Some(value), timestamp, flags: 0 };
                }
            }
            (Ok(at), None) => {
                self.0.remove(at);
            }
            (Err(at), Some(value)) => {
                self.0.insert(at, Row { span, value: Some(value), timestamp, flags: 0 });
            }
            (Err(_), None) => {}
        }
    }

    /// Calls `each` with the rows owed to the changelog.
    pub(super) fn log<E>(
        &mut self,
        mut each: impl FnMut(T, Option<&V>, i64) -> Result<(), E>,
    ) -> Result<(), E> {
        for row in self.0.iter_mut().filter(|row| row.flags & UNLOGGED != 0) {
            each(row.span, row.value.as_ref(), row.timestamp)?;
            row.flags &= !UNLOGGED;
        }
        Ok(())
    }

    /// Calls `each` with the rows owed to the disk, which are taken for written then: if the write
    /// fails, the task is over.
    pub(super) fn flush<E>(
        &mut self,
        mut each: impl FnMut(T, Option<&V>, i64) -> Result<(), E>,
    ) -> Result<(), E> {
        for row in self.0.iter_mut().filter(|row| row.flags & UNFLUSHED != 0) {
            each(row.span, row.value.as_ref(), row.timestamp)?;
            row.flags &= !UNFLUSHED;
        }
        self.0.retain(|row| row.value.is_some() || row.flags != 0);
        Ok(())
    }
}
