//! The engine's configuration: small caches and pools, one memory cap.
//!
//! Every figure is for a machine shared with PostgreSQL, the API and the CDC worker: idle the
//! whole system stays under 900 MiB.

use std::path::Path;

use crate::{Error, Result};

/// Writes `config.xml`; `max_memory` is in bytes.
pub(super) fn write(path: &Path, max_memory: u64) -> Result<()> {
    let mark_cache = (max_memory / 16).clamp(16 << 20, 256 << 20);
    // In a terminal the library would write its own log between ours, with alarms that mean nothing here.
    // The free-entry thresholds must fit the small pool, or the engine refuses every MergeTree.
    let text = format!(
        "<clickhouse>
    <logger><console>false</console></logger>
    <max_server_memory_usage>{max_memory}</max_server_memory_usage>
    <mark_cache_size>{mark_cache}</mark_cache_size>
    <index_mark_cache_size>{mark_cache}</index_mark_cache_size>
    <primary_index_cache_size>{mark_cache}</primary_index_cache_size>
    <uncompressed_cache_size>0</uncompressed_cache_size>
    <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
    <mmap_cache_size>100</mmap_cache_size>
    <compiled_expression_cache_size>16777216</compiled_expression_cache_size>
    <query_cache><max_size_in_bytes>16777216</max_size_in_bytes></query_cache>
    <background_pool_size>2</background_pool_size>
    <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
    <background_fetches_pool_size>1</background_fetches_pool_size>
    <background_move_pool_size>1</background_move_pool_size>
    <background_common_pool_size>2</background_common_pool_size>
    <background_schedule_pool_size>4</background_schedule_pool_size>
    <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
    <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
    <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
    <tables_loader_foreground_pool_size>2</tables_loader_foreground_pool_size>
    <tables_loader_background_pool_size>2</tables_loader_background_pool_size>
    <max_thread_pool_size>400</max_thread_pool_size>
    <max_thread_pool_free_size>16</max_thread_pool_free_size>
    <merge_tree>
        <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
        <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
        <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
    </merge_tree>
</clickhouse>
"
    );
    std::fs::write(path, text).map_err(Error::file("cannot write", path))
}
