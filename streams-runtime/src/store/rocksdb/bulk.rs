//! Filling an empty store: rows are sorted in memory, written as files of RocksDB's own kind and
//! taken in whole, by a thread beside the one that reads the changelog. A put for each row costs
//! three times as much.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use rocksdb::{IngestExternalFileOptions, SstFileWriter};
use streams_core::store::{FlushBatch, FlushOp};

use super::state_dir::Shared;
use super::task::TaskStores;
use crate::broker::TopicPartition;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of rows that are sorted at a time: two such chunks are in memory, one being filled and one
/// being written.
const CHUNK_BYTES: usize = 24 << 20;

/// Fewer are put one by one: a file costs milliseconds.
const FEW_BYTES: usize = 1 << 20;

/// See the module. Dropping it waits for the chunk that is being written.
pub(crate) struct BulkLoad {
    stores: Arc<TaskStores>,
    chunk: FlushBatch,
    writing: Option<JoinHandle<Result<()>>>,
    chunks: usize,
    /// Of changelogs that were read to their end.
    positions: Vec<(TopicPartition, i64)>,
}

impl BulkLoad {
    /// For the stores of a task that hold no row.
    pub(crate) fn new(stores: Arc<TaskStores>) -> Self {
        Self { stores, chunk: FlushBatch::new(), writing: None, chunks: 0, positions: Vec::new() }
    }

    /// Where rows go.
    pub(crate) fn rows(&mut self) -> &mut FlushBatch {
        &mut self.chunk
    }

    /// To be called now and then: hands a full chunk to the thread, waiting for the one before it.
    pub(crate) fn advance(&mut self) -> Result<()> {
        match self.chunk.bytes() >= CHUNK_BYTES {
            true => self.write(),
            false => Ok(()),
        }
    }

    /// A changelog was read to its end, which is this.
    pub(crate) fn position(&mut self, changelog: TopicPartition, offset: i64) {
        self.positions.push((changelog, offset));
    }

    /// Writes the rest, then the positions. Until then the rows count for nothing: rows without a
    /// position are deleted before they are restored again.
    pub(crate) fn finish(mut self) -> Result<()> {
        if self.chunks == 0 && self.chunk.bytes() < FEW_BYTES {
            return self.stores.write(&self.chunk, &self.positions);
        }
        self.write()?;
        self.wait()?;
        self.stores.write(&FlushBatch::new(), &self.positions)?;
        self.stores.shared().flush()
    }

    fn write(&mut self) -> Result<()> {
        self.wait()?;
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.is_empty() {
            return Ok(());
        }
        self.chunks += 1;
        let stores = Arc::clone(&self.stores);
        let thread = std::thread::Builder::new().name("streams-restore".to_owned());
        let spawned = thread.spawn(move || write_chunk(&stores, &chunk));
        let spawned = spawned.map_err(|e| {
            Error::with_source(ErrorKind::Poisoned, format!("restoring: no thread: {e}"), e)
        })?;
        self.writing = Some(spawned);
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        match self.writing.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(written)) => written,
            Some(Err(_)) => Err(Error::new(ErrorKind::Fatal, "the thread that restores panicked")),
        }
    }
}

impl Drop for BulkLoad {
    fn drop(&mut self) {
        // Its rows have no position: whatever came of it is deleted before the next try.
        let _ = self.wait();
    }
}

/// A row of a chunk, to be sorted: most comparisons end with the first eight bytes of the key.
struct Row<'a> {
    store: u16,
    head: u64,
    at: u32,
    key: &'a [u8],
    /// `None` deletes what an earlier chunk has.
    value: Option<&'a [u8]>,
}

fn write_chunk(stores: &TaskStores, chunk: &FlushBatch) -> Result<()> {
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(chunk.len());
    for (at, (store, op)) in chunk.iter().enumerate() {
        let (key, value) = match op {
            FlushOp::Put { key, value } => (key, Some(value)),
            FlushOp::Delete { key } => (key, None),
            // Files of rows know of rows only.
            FlushOp::DeleteRange { .. } => return stores.write(chunk, &[]),
        };
        rows.push(Row { store, head: head(key), at: at as u32, key, value });
    }
    rows.sort_unstable_by(|a, b| {
        (a.store, a.head).cmp(&(b.store, b.head)).then_with(|| (a.key, a.at).cmp(&(b.key, b.at)))
    });
    let mut rest = rows.as_slice();
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|row| row.store == first.store).count();
        let (own, others) = rest.split_at(count);
        write_file(stores, first.store, own)?;
        rest = others;
    }
    Ok(())
}

fn head(key: &[u8]) -> u64 {
    let mut head = [0; 8];
    for (to, from) in head.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(head)
}

/// Writes the rows of one store, of each key the last, and lets RocksDB take the file.
fn write_file(stores: &TaskStores, store: u16, rows: &[Row<'_>]) -> Result<()> {
    let shared = stores.shared();
    let family = shared.family(stores.family_name(store)?)?;
    let path = FilePath::new(shared)?;
    let options = shared.tuning().store();
    let failed = |e: rocksdb::Error| shared.unwritable(e);
    let mut writer = SstFileWriter::create(options);
    writer.open(&path.0).map_err(failed)?;
    let mut key = stores.prefix().to_vec();
    for (at, row) in rows.iter().enumerate() {
        if rows.get(at + 1).is_some_and(|next| next.key == row.key) {
            continue;
        }
        key.truncate(4);
        key.extend_from_slice(row.key);
        match row.value {
            Some(value) => writer.put(&key, value).map_err(failed)?,
            None => writer.delete(&key).map_err(failed)?,
        }
    }
    writer.finish().map_err(failed)?;
    let mut taking = IngestExternalFileOptions::default();
    taking.set_move_files(true);
    shared.db.ingest_external_file_cf_opts(&family, &taking, vec![&path.0]).map_err(failed)
}

/// A file beside the database, on the same file system; removed if RocksDB has not taken it.
struct FilePath(PathBuf);

impl FilePath {
    fn new(shared: &Shared) -> Result<Self> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let dir = directory(shared.path());
        std::fs::create_dir_all(&dir).map_err(|e| {
            let text = format!("{} cannot be created: {e}", dir.display());
            Error::with_source(ErrorKind::Poisoned, text, e)
        })?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self(dir.join(format!("{number}.sst"))))
    }
}

impl Drop for FilePath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Where files are written before they are taken.
fn directory(state: &Path) -> PathBuf {
    state.join("restore")
}

/// Removes what a process that was killed during a restore has left in a state directory.
pub(super) fn clear(state: &Path) -> Result<()> {
    let left = directory(state);
    match std::fs::remove_dir_all(&left) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            let text = format!("{} cannot be removed: {e}", left.display());
            Err(Error::with_source(ErrorKind::Config, text, e))
        }
        _ => Ok(()),
    }
}
