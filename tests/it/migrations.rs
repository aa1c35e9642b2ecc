//! Migrations go up, down and up again, and the entities are what they make.

use dialgraph::{
    domain::{dialing::Tag, incoming::PlatformTask},
    entity,
    store::{rollups, schema, tag_counts},
};
use sea_orm::EntityTrait as _;

use crate::{
    harness::{Backend, TestDatabase, call, ingest},
    on_both,
};

on_both! {
    /// Down takes everything back; up again works; the result can be used.
    migrations_go_up_down_and_up = async |backend: Backend| {
        let database = TestDatabase::empty(&backend).await;
        let db = &database.db;
        assert!(!schema::is_current(db.read()).await.unwrap());
        schema::up(db, None).await.unwrap();
        assert!(schema::is_current(db.read()).await.unwrap());
        let mut tagged = call("1", "2026-11-19T01:00:00Z");
        tagged.tags.push(Tag { name: "a".to_owned(), value: "1".to_owned() });
        tagged.task = Some(PlatformTask { external_id: "7".to_owned(), name: None, package: None });
        ingest(db, vec![tagged, call("2", "2026-11-19T02:00:00Z")]).await;
        // As far as the tables themselves, with what they hold.
        for steps in 1..=6 {
            schema::down(db, Some(steps)).await.unwrap();
            assert!(!schema::is_current(db.read()).await.unwrap());
            schema::up(db, None).await.unwrap();
            assert_eq!(entity::call::Entity::find().all(db.read()).await.unwrap().len(), 2);
            assert_eq!(rollups::differences(db).await.unwrap(), []);
            assert_eq!(tag_counts::differences(db).await.unwrap(), 0);
        }
        schema::down(db, None).await.unwrap();
        assert!(schema::status(db).await.unwrap().iter().all(|migration| !migration.applied));
        schema::up(db, None).await.unwrap();
        ingest(db, vec![call("1", "2026-11-19T01:00:00Z")]).await;
    };

    /// Every entity can be read from the table that the migrations make.
    entities_match_the_tables = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = database.db.read();
        macro_rules! reads {
            ($($entity:ident),+) => {$( entity::$entity::Entity::find().all(db).await.unwrap(); )+};
        }
        reads!(
            access_token, agent, archived_tag_count, audit_entry, call, call_push, call_rollup, call_tag, dial_task, grade, idempotency_key,
            data_change, lead_package, platform_daily_stat, platform_token, raw_record, refresh_token, retention_horizon, retired_grade, session, sync_day, sync_lease, sync_run, user
        );
    };

    /// The catalogue that a new database starts with is the one that the domain knows.
    the_grade_catalogue_is_the_default_one = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let stored = dialgraph::store::grades::list(database.db.read()).await.unwrap();
        assert_eq!(stored, dialgraph::domain::grade::default_grades());
    };

    /// Rules that hold whoever writes: the database itself refuses.
    the_database_refuses_what_cannot_be = async |backend: Backend| {
        use sea_orm::ConnectionTrait as _;
        let database = TestDatabase::migrated(&backend).await;
        let package = |valid, total| format!(
            "INSERT INTO lead_packages (name, total_leads, valid_leads, cost_per_lead, total_cost, created_date, created_at, updated_at)
             VALUES ('x', {total}, {valid}, 0, 0, '2026-11-19', '2026-11-19T00:00:00+00:00', '2026-11-19T00:00:00+00:00')"
        );
        let call = |task: &str, result: &str, hour: i32| format!(
            "INSERT INTO calls (task_id, call_time, call_date, call_hour, duration, result, source, created_at, updated_at)
             VALUES ({task}, '2026-11-19T00:00:00+00:00', '2026-11-19', {hour}, 0, '{result}', 'MANUAL',
                     '2026-11-19T00:00:00+00:00', '2026-11-19T00:00:00+00:00')"
        );
        let db = database.db.write();
        for refused in [package(2, 1), package(-1, 1), call("99", "BUSY", 1), call("NULL", "GONE", 1), call("NULL", "BUSY", 24)] {
            assert!(db.execute_unprepared(&refused).await.is_err(), "{refused}");
        }
        for taken in [package(1, 1), call("NULL", "BUSY", 23)] {
            db.execute_unprepared(&taken).await.unwrap();
        }
    };
}
