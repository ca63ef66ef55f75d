//! RocksDB's settings for the log: few, large values under ascending keys, read in order.

use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, Options};

use super::keys;

/// Memory of a memtable of batches; two may wait for the disk while a third is filled.
const LOG_MEMTABLE_BYTES: usize = 12 << 20;
const LOG_MEMTABLES: i32 = 3;
/// Memory of a memtable of offsets and topics.
const META_MEMTABLE_BYTES: usize = 1 << 20;
/// Index blocks and small batches; large ones are cached by the operating system.
const CACHE_BYTES: usize = 8 << 20;
/// Batches from this size on lie in blob files, so that RocksDB's compaction moves their keys only.
const BLOB_FROM_BYTES: u64 = 2 << 10;
/// Deleting the oldest records frees whole files; smaller ones free space sooner.
const BLOB_FILE_BYTES: u64 = 64 << 20;
/// The write-ahead log on disk is bounded by this: then the family that holds it back is flushed.
const WAL_BYTES: u64 = 64 << 20;
/// File handles that RocksDB keeps open; each blob file of 64 MiB is one.
const OPEN_FILES: i32 = 256;

/// RocksDB flushes with a quarter of these: with two threads, one writes while the other waits for
/// the disk.
const BACKGROUND_JOBS: i32 = 8;

/// Settings of the database.
pub(super) fn database() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_total_wal_size(WAL_BYTES);
    options.set_max_open_files(OPEN_FILES);
    options.set_max_background_jobs(BACKGROUND_JOBS);
    // RocksDB's own log of what it does: enough to look into a trouble, not enough to fill a disk.
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    options.set_stats_dump_period_sec(0);
    options
}

/// The column families with their settings.
pub(super) fn families() -> [ColumnFamilyDescriptor; 3] {
    let cache = Cache::new_lru_cache(CACHE_BYTES);
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&cache);
    table.set_block_size(16 << 10);

    let mut log = Options::default();
    log.set_block_based_table_factory(&table);
    log.set_write_buffer_size(LOG_MEMTABLE_BYTES);
    log.set_max_write_buffer_number(LOG_MEMTABLES);
    log.set_compression_type(DBCompressionType::Lz4);
    log.set_enable_blob_files(true);
    log.set_min_blob_size(BLOB_FROM_BYTES);
    log.set_blob_file_size(BLOB_FILE_BYTES);
    // LZ4 was measured: it added 90 to 250 ns to a record of 100 bytes that costs about 400.
    log.set_blob_compression_type(DBCompressionType::None);
    log.set_enable_blob_gc(true);

    let mut meta = Options::default();
    meta.set_block_based_table_factory(&table);
    meta.set_write_buffer_size(META_MEMTABLE_BYTES);
    meta.set_max_write_buffer_number(2);

    let mut unused = Options::default();
    unused.set_write_buffer_size(META_MEMTABLE_BYTES);
    [
        ColumnFamilyDescriptor::new(rocksdb::DEFAULT_COLUMN_FAMILY_NAME, unused),
        ColumnFamilyDescriptor::new(keys::LOG, log),
        ColumnFamilyDescriptor::new(keys::META, meta),
    ]
}
