//! Paging: every row exactly once, whichever way, whatever the data, the order and the size of
//! pages.

use std::cmp::Ordering;

use dialgraph::{
    domain::{
        incoming::IncomingCall,
        money::Money,
        page::{Cursor, List, OrderKey, PageRequest},
    },
    store::{
        Database, Selection,
        calls::{CALLS, CallRow, Calls},
        find_by_ids, list, place,
    },
};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use crate::{
    harness::{Backend, TestApp, TestDatabase, call, ingest, reader, runner},
    on_both,
};

/// Calls with few values in each field, so that many share one, and with gaps.
fn calls() -> impl Strategy<Value = Vec<IncomingCall>> {
    let some = |texts: Vec<&'static str>| prop::option::of(prop::sample::select(texts));
    let fields = (
        0..4_u8,
        0..3_i32,
        some(vec!["江苏", "浙江", "b", "B", "a_"]),
        some(vec!["9元", "A", "?"]),
        prop::option::of(0..2_i64),
    );
    prop::collection::vec(fields, 0..40).prop_map(|rows| {
        let row = |(index, (minute, duration, province, grade, billed))| {
            let time = format!("2026-11-19T01:0{minute}:00Z");
            let mut call = call(&format!("call-{index}"), &time);
            call.duration = duration;
            call.details.province = Option::map(province, str::to_owned);
            call.details.grade = Option::map(grade, str::to_owned);
            call.details.billed_amount = Option::map(billed, Money::from_ten_thousandths);
            call
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

fn order() -> impl Strategy<Value = Vec<OrderKey>> {
    let field = prop::sample::select(vec![
        "call_time",
        "duration",
        "province",
        "grade_code",
        "billed_amount",
        "result",
        "id",
    ]);
    let key = (field, any::<bool>()).prop_map(|(field, descending)| OrderKey { field, descending });
    // A field twice says nothing more the second time.
    prop::collection::vec(key, 0..4).prop_map(|keys| {
        let mut once: Vec<OrderKey> = Vec::new();
        for key in keys {
            if once.iter().all(|other| other.field != key.field) {
                once.push(key);
            }
        }
        once
    })
}

fn draw<T>(strategy: impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    strategy.new_tree(runner).unwrap().current()
}

async fn page(db: &Database, asked: &List) -> (Vec<CallRow>, bool, bool, Vec<Cursor>) {
    let page = list(db.read(), &reader(), asked, Selection::whole(&CALLS))
        .await
        .unwrap();
    let cursor = |row| place(&CALLS, asked, row).unwrap();
    let cursors = page.items.iter().map(cursor).collect();
    let ids: Vec<i64> = page.items.iter().map(|row| row.id().unwrap()).collect();
    let mut rows = find_by_ids::<Calls>(db.read(), &ids).await.unwrap();
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    (rows, page.has_previous, page.has_next, cursors)
}

/// Walks the whole list in pages of `size`, doing `between` after each; checks both flags of every
/// page.
async fn walk(
    db: &Database,
    order: &[OrderKey],
    size: u32,
    backward: bool,
    mut between: impl AsyncFnMut(usize),
) -> Vec<CallRow> {
    let mut asked = List {
        filter: None,
        order: CALLS.order(order),
        page: PageRequest {
            backward,
            look_behind: true,
            ..PageRequest::first(size)
        },
    };
    let mut pages: Vec<Vec<CallRow>> = Vec::new();
    loop {
        let (rows, previous, next, cursors) = page(db, &asked).await;
        let ahead = if backward { previous } else { next };
        let edge = if backward {
            cursors.first()
        } else {
            cursors.last()
        };
        if let Some(edge) = edge.cloned() {
            if backward {
                asked.page.before = Some(edge);
            } else {
                asked.page.after = Some(edge);
            }
        }
        pages.push(rows);
        if !ahead {
            break;
        }
        between(pages.len()).await;
    }
    if backward {
        pages.reverse();
    }
    pages.into_iter().flatten().collect()
}

fn ids(rows: &[CallRow]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}

/// Where two calls stand to each other: gaps last, whichever the direction; then by id.
fn compare(a: &CallRow, b: &CallRow, order: &[OrderKey]) -> Ordering {
    fn gap_last<T: Ord>(a: Option<&T>, b: Option<&T>, descending: bool) -> Ordering {
        match (a, b) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) if descending => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
        }
    }
    for key in order {
        let down = key.descending;
        let ordering = match key.field {
            "call_time" => gap_last(Some(&a.call_time), Some(&b.call_time), down),
            "duration" => gap_last(Some(&a.duration), Some(&b.duration), down),
            "province" => gap_last(a.province.as_ref(), b.province.as_ref(), down),
            "grade_code" => gap_last(a.grade_code.as_ref(), b.grade_code.as_ref(), down),
            "billed_amount" => gap_last(a.billed_amount.as_ref(), b.billed_amount.as_ref(), down),
            "result" => gap_last(
                Some(&a.result.to_string()),
                Some(&b.result.to_string()),
                down,
            ),
            "id" => gap_last(Some(&a.id), Some(&b.id), down),
            other => panic!("{other}"),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    // The newest first where nothing is asked for, and ids in the direction of the last key.
    match order.last() {
        None => (b.call_time, b.id).cmp(&(a.call_time, a.id)),
        Some(last) if last.descending => b.id.cmp(&a.id),
        Some(_) => a.id.cmp(&b.id),
    }
}

on_both! {
    /// Random calls in random orders: pages of any size make up the list, forwards and backwards.
    pages_make_up_the_list = async |backend: Backend| {
        let mut runner = runner();
        for _ in 0..6 {
            let database = TestDatabase::migrated(&backend).await;
            let db = &database.db;
            let calls = draw(calls(), &mut runner);
            ingest(db, calls.clone()).await;
            for _ in 0..8 {
                let (order, size) = draw((order(), 1..12_u32), &mut runner);
                let forward = walk(db, &order, size, false, async |_| {}).await;
                let mut expected = forward.clone();
                expected.sort_by(|a, b| compare(a, b, &order));
                expected.dedup_by_key(|row| row.id);
                assert_eq!(ids(&forward), ids(&expected), "{order:?}");
                assert_eq!(forward.len(), calls.len());
                let backward = walk(db, &order, size, true, async |_| {}).await;
                assert_eq!(ids(&backward), ids(&forward), "{order:?}");
            }
        }
    };

    /// While others come and go between pages, a walk meets each of those that stay exactly once.
    a_walk_is_stable_while_rows_come_and_go = async |backend: Backend| {
        use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
        use dialgraph::entity::call::{Column, Entity};
        let mut runner = runner();
        for run in 0..4 {
            let database = TestDatabase::migrated(&backend).await;
            let db = &database.db;
            let staying = draw(calls(), &mut runner);
            ingest(db, staying.clone()).await;
            let others = |round: usize, calls: Vec<IncomingCall>| -> Vec<IncomingCall> {
                calls.into_iter().map(|mut call| {
                    call.external_id = format!("other-{round}-{}", call.external_id);
                    call
                }).collect()
            };
            ingest(db, others(0, draw(calls(), &mut runner))).await;
            let (order, size) = draw((order(), 1..9_u32), &mut runner);
            let mut drawn: Vec<_> = (0..100).map(|_| draw(calls(), &mut runner)).collect();
            let walked = walk(db, &order, size, run % 2 == 1, async |page| {
                // Some of the others go, and new ones come, but ever fewer.
                let gone = format!("other-{}-%", page.saturating_sub(2));
                Entity::delete_many().filter(Column::ExternalId.like(gone)).exec(db.write()).await.unwrap();
                if page < 6 {
                    ingest(db, others(page, drawn.pop().unwrap())).await;
                }
            })
            .await;
            let met: Vec<CallRow> = walked.into_iter().filter(|row| row.external_id.as_deref().unwrap().starts_with("call-")).collect();
            let mut expected = met.clone();
            expected.sort_by(|a, b| compare(a, b, &order));
            expected.dedup_by_key(|row| row.id);
            assert_eq!(ids(&met), ids(&expected), "{order:?}");
            assert_eq!(met.len(), staying.len());
        }
    };

    /// Who is told that a list goes on, and gets no cursor to go on with, begins again.
    an_empty_page_leads_nowhere = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        ingest(&app.database.db, ["a", "b", "c"].map(|id| call(id, "2026-11-19T01:00:00Z")).to_vec()).await;
        let info = "pageInfo { hasNextPage hasPreviousPage endCursor startCursor }";
        let nowhere = serde_json::json!({ "hasNextPage": false, "hasPreviousPage": false, "endCursor": null, "startCursor": null });
        for list in ["calls", "grades", "packages", "tags", "agents", "auditLog"] {
            for none in ["first: 0", "last: 0"] {
                let data = app.data(&format!("{{ {list}({none}) {{ {info} }} }}")).await;
                assert_eq!(data[list]["pageInfo"], nowhere, "{list} {none}");
            }
        }
        let last = app.data("{ calls(last: 1) { pageInfo { endCursor } } }").await;
        let end = last["calls"]["pageInfo"]["endCursor"].as_str().unwrap();
        let behind = app.data(&format!(r#"{{ calls(after: "{end}") {{ {info} }} }}"#)).await;
        assert_eq!(behind["calls"]["pageInfo"], nowhere);
    };

    /// Through the API: the flags and cursors of a page in a mixed order with gaps.
    cursors_lead_on_in_any_order_and_belong_to_it = async |backend: Backend| {
        let app = TestApp::new(&backend).await;
        let with = |id: &str, province: Option<&str>, duration| {
            let mut call = call(id, "2026-11-19T01:00:00Z");
            call.details.province = province.map(str::to_owned);
            call.duration = duration;
            call
        };
        ingest(&app.database.db, vec![
            with("a", Some("江苏"), 5),
            with("b", None, 9),
            with("c", Some("江苏"), 7),
            with("d", Some("浙江"), 7),
        ]).await;
        let order = "orderBy: [{field: PROVINCE, direction: DESC}, {field: DURATION}]";
        let query = |arguments: &str| format!("{{ calls({arguments}) {{ nodes {{ externalId }} pageInfo {{ hasNextPage hasPreviousPage endCursor startCursor }} totalCount }} }}");
        let shown = |data: &serde_json::Value| -> Vec<String> {
            data["calls"]["nodes"].as_array().unwrap().iter().map(|node| node["externalId"].as_str().unwrap().to_owned()).collect()
        };
        let first = app.data(&query(&format!("first: 2, {order}"))).await;
        assert_eq!(shown(&first), ["d", "a"]);
        assert_eq!(first["calls"]["totalCount"], 4);
        let cursor = first["calls"]["pageInfo"]["endCursor"].as_str().unwrap();
        let rest = app.data(&query(&format!(r#"after: "{cursor}", {order}"#))).await;
        assert_eq!(shown(&rest), ["c", "b"]);
        assert_eq!(rest["calls"]["pageInfo"]["hasPreviousPage"], true);
        assert_eq!(rest["calls"]["pageInfo"]["hasNextPage"], false);
        let end = rest["calls"]["pageInfo"]["endCursor"].as_str().unwrap();
        let before = app.data(&query(&format!(r#"last: 2, before: "{end}", {order}"#))).await;
        assert_eq!(shown(&before), ["a", "c"]);

        for other in ["", "orderBy: [{field: PROVINCE}, {field: DURATION}]", r#"orderBy: [{field: PROVINCE, direction: DESC}, {field: DURATION}], filter: {province: {isNull: false}}"#] {
            let refused = app.query(&query(&format!(r#"after: "{cursor}", {other}"#))).await;
            assert_eq!(refused.code(), "BAD_USER_INPUT");
            assert!(refused.message().starts_with("this cursor belongs to another list"), "{}", refused.message());
        }
    };
}
