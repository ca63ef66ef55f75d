//! RocksDB's settings for state.

use rocksdb::{BlockBasedOptions, Cache, DBCompressionType, Options, WriteBufferManager};

/// Bits of the Bloom filter for each key: one read in a hundred of an absent key goes to disk.
const BLOOM_BITS: f64 = 10.0;
/// Larger than RocksDB's 4 KiB: smaller indexes and better compression for a little more to decode.
const BLOCK_BYTES: usize = 8 << 10;
/// Files that stay open.
const OPEN_FILES: i32 = 256;
/// The largest memtable of one store, and the smallest that is worth a file.
const MEMTABLE_BYTES: std::ops::RangeInclusive<usize> = (1 << 20)..=(32 << 20);

/// The one memory budget, shared by all stores.
pub(super) struct Memory {
    cache: Cache,
    buffers: WriteBufferManager,
    memtable_bytes: usize,
}

impl Memory {
    /// Half of the budget at most is for memtables; blocks have the rest, and what memtables
    /// leave. RocksDB accounts for both in one cache.
    pub(super) fn new(bytes: usize) -> Self {
        let cache = Cache::new_lru_cache(bytes);
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(
            bytes / 2,
            false,
            cache.clone(),
        );
        let memtable_bytes = (bytes / 4).clamp(*MEMTABLE_BYTES.start(), *MEMTABLE_BYTES.end());
        Self { cache, buffers, memtable_bytes }
    }
}

/// Settings of the database.
pub(super) fn database(memory: &Memory) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_atomic_flush(true);
    options.set_write_buffer_manager(&memory.buffers);
    options.set_max_open_files(OPEN_FILES);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    options.set_stats_dump_period_sec(0);
    options
}

/// Settings of a store's column family.
pub(super) fn store(memory: &Memory) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&memory.cache);
    table.set_block_size(BLOCK_BYTES);
    table.set_bloom_filter(BLOOM_BITS, false);
    // Else the filters and indexes of large stores lie outside of the budget.
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_write_buffer_size(memory.memtable_bytes);
    options.set_max_write_buffer_number(3);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options
}
