//! The database schema of dialgraph, one change a file, up and down, for SQLite and PostgreSQL.
//!
//! Everything is written with the schema builder, so that both databases get the same tables; but for
//! triggers and constraints of tables that exist, which it does not know. SQLite runs migrations with its
//! foreign keys off, and checks them at the end: cascades have to be written out.
//! Instants are UTC; business days and hours are stored beside them, computed at write time; money
//! is a whole number of ten-thousandths of a yuan.

pub use sea_orm_migration::{MigrationStatus, prelude::*};

mod cells;
mod columns;
mod kept;
mod m20261120_000001_create_lead_packages;
mod m20261120_000002_create_dial_tasks;
mod m20261120_000003_create_agents;
mod m20261120_000004_create_grades;
mod m20261120_000005_create_calls;
mod m20261120_000006_create_call_tags;
mod m20261120_000007_create_call_rollups;
mod m20261120_000008_create_sync_state;
mod m20261120_000009_create_platform_daily_stats;
mod m20261121_000001_add_versions;
mod m20261121_000002_create_audit_log;
mod m20261121_000003_create_idempotency_keys;
mod m20261121_000004_index_call_grades;
mod m20261121_000005_create_tag_counts;
mod m20261121_000006_index_call_phone_numbers;
mod m20261121_000007_create_users;
mod m20261122_000001_append_only_audit_log;
mod m20261123_000001_create_sync_slices;
mod m20261123_000002_mark_removed_calls;
mod m20261123_000003_create_call_pushes;
mod m20261123_000004_add_retention;
mod m20261123_000005_create_alerts;
mod m20261123_000006_index_sync_runs;
mod m20261123_000010_index_removed_calls;
mod m20261129_000001_note_listed_days;
mod m20261129_000101_index_unknown_grades;
mod m20261129_000102_open_alert_kinds;
mod m20261129_000103_owe_one_form;
mod m20261129_000201_keep_ids_of_sources_apart;
mod m20261129_000202_date_names;
mod m20261129_000301_split_call_time;
mod m20261129_000302_create_retired_grades;
mod m20261129_000303_index_unpolled_pushes;
mod m20261129_000401_create_write_probes;
mod m20261129_000501_add_package_rules;
mod m20261129_000502_tell_alerts_in_chinese;
mod m20261129_000601_create_business_zones;
mod m20261130_010101_owe_masked_audit_log;
mod m20261130_030101_owe_user_names;
mod m20261130_040101_end_tokens_of_others;
mod m20261130_040102_keep_own_names;
mod m20261130_050101_owe_one_form_again;
mod m20261130_060101_write_instants_in_one_way;
mod m20261130_120101_owe_archived_tags;
mod rebuild;

/// Brings a database to the present schema, or back.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_create_lead_packages::Migration),
            Box::new(m20261120_000002_create_dial_tasks::Migration),
            Box::new(m20261120_000003_create_agents::Migration),
            Box::new(m20261120_000004_create_grades::Migration),
            Box::new(m20261120_000005_create_calls::Migration),
            Box::new(m20261120_000006_create_call_tags::Migration),
            Box::new(m20261120_000007_create_call_rollups::Migration),
            Box::new(m20261120_000008_create_sync_state::Migration),
            Box::new(m20261120_000009_create_platform_daily_stats::Migration),
            Box::new(m20261121_000001_add_versions::Migration),
            Box::new(m20261121_000002_create_audit_log::Migration),
            Box::new(m20261121_000003_create_idempotency_keys::Migration),
            Box::new(m20261121_000004_index_call_grades::Migration),
            Box::new(m20261121_000005_create_tag_counts::Migration),
            Box::new(m20261121_000006_index_call_phone_numbers::Migration),
            Box::new(m20261121_000007_create_users::Migration),
            Box::new(m20261122_000001_append_only_audit_log::Migration),
            Box::new(m20261123_000001_create_sync_slices::Migration),
            Box::new(m20261123_000002_mark_removed_calls::Migration),
            Box::new(m20261123_000003_create_call_pushes::Migration),
            Box::new(m20261123_000004_add_retention::Migration),
            Box::new(m20261123_000005_create_alerts::Migration),
            Box::new(m20261123_000006_index_sync_runs::Migration),
            Box::new(m20261123_000010_index_removed_calls::Migration),
            Box::new(m20261129_000001_note_listed_days::Migration),
            Box::new(m20261129_000101_index_unknown_grades::Migration),
            Box::new(m20261129_000102_open_alert_kinds::Migration),
            Box::new(m20261129_000103_owe_one_form::Migration),
            Box::new(m20261129_000201_keep_ids_of_sources_apart::Migration),
            Box::new(m20261129_000202_date_names::Migration),
            Box::new(m20261129_000301_split_call_time::Migration),
            Box::new(m20261129_000302_create_retired_grades::Migration),
            Box::new(m20261129_000303_index_unpolled_pushes::Migration),
            Box::new(m20261129_000401_create_write_probes::Migration),
            Box::new(m20261129_000501_add_package_rules::Migration),
            Box::new(m20261129_000502_tell_alerts_in_chinese::Migration),
            Box::new(m20261129_000601_create_business_zones::Migration),
            Box::new(m20261130_010101_owe_masked_audit_log::Migration),
            Box::new(m20261130_030101_owe_user_names::Migration),
            Box::new(m20261130_040101_end_tokens_of_others::Migration),
            Box::new(m20261130_040102_keep_own_names::Migration),
            Box::new(m20261130_050101_owe_one_form_again::Migration),
            Box::new(m20261130_060101_write_instants_in_one_way::Migration),
            Box::new(m20261130_120101_owe_archived_tags::Migration),
        ]
    }
}
