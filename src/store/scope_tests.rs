//! Whichever way rows are read, only those are that the viewer may see: lists, ids, the row that a row
//! leads to, the rows under one, counts, and filters through relations.

use std::sync::LazyLock;

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    Value,
};

use super::{
    ConnectOptions, Database, DatabaseUrl, Record, Selection, Stored, Table, ToMany, ToOne, by_ids,
    by_parent, count, count_by_parent, list, matching, packages, schema,
    table::{LazyTable, Relation},
};
use crate::{
    domain::{
        dialing::{CallSource, TaskStatus},
        filter::{Filter, Quantifier, Test},
        leads::PackageFields,
        money::Money,
        page::{List, OrderKey, PageRequest},
        scalar::Scalar,
        viewer::{Role, Viewer},
    },
    entity::{
        declared::{Declaration, Declared},
        dial_task, lead_package,
    },
};

/// Packages, of which an AGENT sees those whose source is theirs.
struct Package;
/// Tasks, of which an AGENT sees those that are described as theirs.
struct Task;

macro_rules! scoped {
    ($row:ident, $model:ty, $table:ident) => {
        impl Declared for $row {
            const COLUMNS: &'static [Declaration] = <$model>::COLUMNS;

            fn values(self) -> Vec<Value> {
                Vec::new()
            }
        }

        impl Stored for $row {
            fn table() -> &'static Table {
                &$table
            }
        }
    };
}

scoped!(Package, lead_package::Model, PACKAGES);
scoped!(Task, dial_task::Model, TASKS);

const TASKS_OF: ToMany<Package, Task> = ToMany::new("tasks", "package_id");
const PACKAGE_OF: ToOne<Task, Package> = ToOne::new("package", "package_id");

static PACKAGES: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    let relations = vec![Relation::from(TASKS_OF)];
    Table::of::<lead_package::Entity>("LeadPackage", order, relations)
        .seen_by(|viewer| own(viewer, "source"))
});

static TASKS: LazyTable = LazyLock::new(|| {
    let order = &[OrderKey::ascending("id")];
    let relations = vec![Relation::from(PACKAGE_OF)];
    Table::of::<dial_task::Entity>("DialTask", order, relations)
        .seen_by(|viewer| own(viewer, "description"))
});

fn own(viewer: &Viewer, column: &'static str) -> Option<Filter> {
    let own = || Test::Equal(Scalar::Text("own".to_owned()));
    (viewer.role == Role::Agent).then(|| Filter::field(column, own()))
}

/// Two packages, the first of them the agent's, with two tasks each, the first of each the agent's.
async fn rows(db: &Database) -> (Vec<i64>, Vec<i64>) {
    let now = "2026-11-20T04:00:00Z".parse().unwrap();
    let tx = db.begin().await.unwrap();
    let (mut packages_made, mut tasks) = (Vec::new(), Vec::new());
    for owner in ["own", "other"] {
        let fields = PackageFields {
            name: owner.to_owned(),
            source: Some(owner.to_owned()),
            industry: None,
            region: None,
            total_leads: 0,
            valid_leads: 0,
            cost_per_lead: Money::ZERO,
            total_cost: Money::ZERO,
            rules: Vec::new(),
        };
        let today = "2026-11-20".parse().unwrap();
        let package = packages::create(&tx, fields, now, today).await.unwrap();
        for described in ["own", "other"] {
            let task = dial_task::ActiveModel {
                package_id: Set(Some(package.id)),
                external_id: NotSet,
                task_name: Set(described.to_owned()),
                description: Set(Some(described.to_owned())),
                status: Set(TaskStatus::Pending),
                source: Set(CallSource::Manual),
                package_claims: Set(0),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            };
            tasks.push(task.insert(&tx).await.unwrap().id);
        }
        packages_made.push(package.id);
    }
    tx.commit().await.unwrap();
    (packages_made, tasks)
}

async fn database(url: &str) -> Database {
    let db = Database::connect(
        &url.parse::<DatabaseUrl>().unwrap(),
        ConnectOptions::default(),
    )
    .await
    .unwrap();
    schema::up(&db, None).await.unwrap();
    db
}

fn all(table: &Table, filter: Option<Filter>) -> List {
    List {
        filter,
        order: table.order(&[]),
        page: PageRequest::first(10),
    }
}

fn ids(records: &[super::AnyRecord]) -> Vec<i64> {
    records.iter().map(|record| record.id().unwrap()).collect()
}

#[tokio::test]
async fn every_way_in_leads_to_own_rows_only() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite://{}?mode=rwc",
        folder.path().join("scope.db").display()
    );
    let database = database(&url).await;
    let (packages, tasks) = rows(&database).await;
    let db = database.read();
    let agent = Viewer::named("li", Role::Agent);
    let manager = Viewer::named("wang", Role::Manager);

    for (viewer, seen) in [(&agent, 1), (&manager, 2)] {
        // Lists, and how many there are.
        let asked = all(&PACKAGES, None);
        let page = list(db, viewer, &asked, Selection::new(&PACKAGES));
        assert_eq!(ids(&page.await.unwrap().items), packages[..seen]);
        let counted = count(db, viewer, &PACKAGES, None, None).await.unwrap();
        assert_eq!(counted, i64::try_from(seen).unwrap());

        // Ids.
        let selection = Selection::new(&PACKAGES);
        let found = by_ids(db, viewer, &packages, &selection);
        assert_eq!(ids(&found.await.unwrap()), packages[..seen]);

        // The row that a row leads to, joined: the tasks of the other package have none.
        let mut selection = Selection::new(&TASKS);
        selection.one("package").unwrap();
        let found = by_ids(db, viewer, &[tasks[0], tasks[2]], &selection)
            .await
            .unwrap();
        let above = |record: &super::AnyRecord| {
            let record: Record<Task> = Record::of(record.clone()).unwrap();
            record.one("package").unwrap().is_some()
        };
        let above: Vec<bool> = found.iter().map(above).collect();
        assert_eq!(above, [true, seen == 2]);

        // The rows under one, limited and all, and how many they are.
        let listed = all(&TASKS, None);
        for asked in [Some(&listed), None] {
            let pages = by_parent(db, viewer, &PACKAGES, "tasks", asked, &packages[..1]);
            let pages = pages.await.unwrap();
            assert_eq!(ids(&pages[&packages[0]].items), tasks[..seen]);
        }
        let counts = count_by_parent(db, viewer, &PACKAGES, "tasks", None, None, &packages[..1]);
        assert_eq!(
            counts.await.unwrap()[&packages[0]],
            i64::try_from(seen).unwrap()
        );

        // Filters through relations: to one, and to many in each way.
        let nothing = || Box::new(Filter::All(Vec::new()));
        let named = |name: &str| {
            Box::new(Filter::field(
                "task_name",
                Test::Equal(Scalar::Text(name.to_owned())),
            ))
        };
        let through = Filter::One("package", nothing());
        let found = matching(db, viewer, &TASKS, &through, 10).await.unwrap();
        assert_eq!(
            found,
            if seen == 1 {
                vec![tasks[0]]
            } else {
                tasks.clone()
            }
        );
        let none = through.negated();
        let found = matching(db, viewer, &TASKS, &none, 10).await.unwrap();
        assert_eq!(
            found,
            if seen == 1 {
                vec![tasks[2]]
            } else {
                Vec::new()
            }
        );
        for (quantifier, name, agents, managers) in [
            (Quantifier::Some, "other", 0, 2),
            (Quantifier::None, "other", 1, 0),
            (Quantifier::Every, "own", 1, 0),
        ] {
            let filter = Filter::Many("tasks", quantifier, named(name));
            let found = matching(db, viewer, &PACKAGES, &filter, 10).await.unwrap();
            let expected = if seen == 1 { agents } else { managers };
            assert_eq!(found.len(), expected, "{quantifier:?}");
        }
    }
    database.close().await;
}
