//! RocksDB's settings for state: ours, and over them the user's.

use rocksdb::{BlockBasedOptions, Cache, DBCompressionType, Options, WriteBufferManager};

use super::StateOptions;
use crate::error::{Error, Result};

/// Bits of the Bloom filter for each key: one read in a hundred of an absent key goes to disk.
const BLOOM_BITS: f64 = 10.0;
/// Larger than RocksDB's 4 KiB: smaller indexes and better compression for a little more to decode.
const BLOCK_BYTES: usize = 8 << 10;
/// Files that stay open.
const OPEN_FILES: i32 = 256;
/// The largest memtable of one store, and the smallest that is worth a file.
const MEMTABLE_BYTES: std::ops::RangeInclusive<usize> = (1 << 20)..=(32 << 20);

/// What may not be set, and why. Everything else is the user's.
const OURS: [(&str, &str); 8] = [
    ("atomic_flush", "stores and their positions must reach the disk together"),
    ("comparator", "rows are read in the order of their bytes"),
    ("merge_operator", "no row is merged"),
    ("ttl", "RocksDB would drop rows that the store still has"),
    ("write_buffer_manager", "`rocksdb_max_bytes` is its size"),
    ("create_if_missing", "a new state directory is made where there is none"),
    ("create_missing_column_families", "each store has its own"),
    ("paranoid_checks", "damage must be found, never read"),
];
/// FIFO compaction deletes the oldest files.
const FIFO: (&str, &str) = ("compaction_style", "FIFO");

/// The settings of the database and of its stores, with the one memory budget that all stores share.
pub(super) struct Tuning {
    database: Options,
    store: Options,
}

impl Tuning {
    /// Half of the budget at most is for memtables; blocks have the rest, and what memtables
    /// leave. RocksDB accounts for both in one cache.
    ///
    /// # Errors
    /// Of an option of the user's that is not RocksDB's, has no such value, or is not his to set.
    pub(super) fn new(options: &StateOptions) -> Result<Self> {
        let bytes = options.memory_bytes;
        let cache = Cache::new_lru_cache(bytes);
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(
            bytes / 2,
            false,
            cache.clone(),
        );
        let mut tuning = Self { database: database(&buffers), store: store(&cache, bytes) };
        for (name, value) in options.rocksdb.iter() {
            tuning
                .set(name, value)
                .map_err(|why| Error::config(format!("rocksdb.{name} = {value}: {why}")))?;
        }
        Ok(tuning)
    }

    /// Settings of the database.
    pub(super) fn database(&self) -> &Options {
        &self.database
    }

    /// Settings of a store's column family.
    pub(super) fn store(&self) -> &Options {
        &self.store
    }

    fn set(&mut self, name: &str, value: &str) -> std::result::Result<(), String> {
        if let Some((_, why)) = OURS.iter().find(|(ours, _)| *ours == name) {
            return Err(format!("it cannot be set: {why}"));
        }
        if name == FIFO.0 && value.contains(FIFO.1) {
            return Err("FIFO compaction would drop rows that the store still has".to_owned());
        }
        // One text is both: RocksDB looks a name up among those of databases and of column families.
        let text = format!("{name}={value}");
        let set = |options: &mut Options| {
            options.get_options_from_string(&text).map_err(|e| e.to_string())
        };
        self.database = set(&mut self.database)?;
        self.store = set(&mut self.store)?;
        Ok(())
    }
}

fn database(buffers: &WriteBufferManager) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_atomic_flush(true);
    options.set_write_buffer_manager(buffers);
    options.set_max_open_files(OPEN_FILES);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    options.set_stats_dump_period_sec(0);
    options
}

fn store(cache: &Cache, bytes: usize) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_block_size(BLOCK_BYTES);
    table.set_bloom_filter(BLOOM_BITS, false);
    // Else the filters and indexes of large stores lie outside of the budget.
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options
        .set_write_buffer_size((bytes / 4).clamp(*MEMTABLE_BYTES.start(), *MEMTABLE_BYTES.end()));
    options.set_max_write_buffer_number(3);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options
}
