//! Paging: every row exactly once, whichever way, whatever the data and the size of pages.

use dialgraph::{
    domain::page::{Page, PageRequest},
    store::{
        Database, Keyset as _,
        calls::{CallRow, Calls},
        list,
    },
};
use proptest::{prelude::*, strategy::ValueTree as _};

use crate::{
    harness::{Backend, TestDatabase, call, ingest},
    on_both,
};

/// Minutes at which calls were made; few of them, so that many calls share one.
fn minutes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..6_u8, 0..40)
}

async fn fill(db: &Database, run: usize, minutes: &[u8]) -> usize {
    let batch = minutes
        .iter()
        .enumerate()
        .map(|(index, minute)| {
            call(
                &format!("{run}-{index}"),
                &format!("2026-11-19T01:0{minute}:00Z"),
            )
        })
        .collect();
    ingest(db, batch).await;
    minutes.len()
}

/// Walks the whole list in pages of `size`; checks both flags of every page.
async fn walk(db: &Database, size: u32, backward: bool) -> Vec<CallRow> {
    let mut pages: Vec<Page<CallRow>> = Vec::new();
    let mut request = PageRequest {
        backward,
        look_behind: true,
        ..PageRequest::first(size)
    };
    loop {
        let page = list::<Calls>(db.read(), &request).await.unwrap();
        let (ahead, behind) = if backward {
            (page.has_previous, page.has_next)
        } else {
            (page.has_next, page.has_previous)
        };
        assert_eq!(
            behind,
            !pages.is_empty(),
            "the flag of the side we came from"
        );
        let edge = if backward {
            page.items.first()
        } else {
            page.items.last()
        };
        let cursor = edge.map(Calls::cursor);
        pages.push(page);
        if !ahead {
            break;
        }
        if backward {
            request.before = cursor;
        } else {
            request.after = cursor;
        }
    }
    if backward {
        pages.reverse();
    }
    pages.into_iter().flat_map(|page| page.items).collect()
}

on_both! {
    /// Forwards and backwards, pages of any size make up the list.
    pages_make_up_the_list = async |backend: Backend| {
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            ProptestConfig::with_cases(12),
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        for run in 0..12 {
            let case = (minutes(), 1..12_u32).new_tree(&mut runner).unwrap().current();
            let (minutes, size) = case;
            let database = TestDatabase::migrated(&backend).await;
            let db = &database.db;
            let rows = fill(db, run, &minutes).await;
            let forward = walk(db, size, false).await;
            let mut expected = forward.clone();
            expected.sort_by_key(|row| std::cmp::Reverse((row.call_time, row.id)));
            expected.dedup_by_key(|row| row.id);
            assert_eq!(forward, expected, "newest first, each once");
            assert_eq!(forward.len(), rows);
            assert_eq!(walk(db, size, true).await, forward);
        }
    };

    /// Rows that come and go during a walk do not make it skip or repeat the others.
    a_walk_is_stable_while_rows_come_and_go = async |backend: Backend| {
        let database = TestDatabase::migrated(&backend).await;
        let db = &database.db;
        fill(db, 0, &[1, 2, 3, 3, 4, 5]).await;
        let before = walk(db, 100, false).await;
        let first = list::<Calls>(db.read(), &PageRequest::first(3)).await.unwrap();
        // Two newer than everything, and one between the pages that was there is gone.
        fill(db, 1, &[5, 5]).await;
        let gone = before[2].id;
        use sea_orm::EntityTrait as _;
        dialgraph::entity::call::Entity::delete_by_id(gone).exec(db.write()).await.unwrap();
        let rest = PageRequest { after: first.items.last().map(Calls::cursor), ..PageRequest::first(10) };
        let rest = list::<Calls>(db.read(), &rest).await.unwrap();
        let ids: Vec<i64> = first.items.iter().chain(&rest.items).map(|row| row.id).collect();
        assert_eq!(ids, before.iter().map(|row| row.id).collect::<Vec<_>>());
    };
}
