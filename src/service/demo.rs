//! Demonstration data: packages for the tasks that the simulated platform dials.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::{
    clock::Clock,
    domain::{business_time::BusinessZone, leads, money::Money},
    store::{
        Database, StoreError, leases,
        packages::{self, NewPackage},
        run_claims, tasks,
    },
};

/// Leads of a demonstration package.
const LEADS: i32 = 20_000;
/// Of those, leads that can be dialled.
const VALID_LEADS: i32 = 18_600;
/// Price of one: 0.02 yuan.
const COST_PER_LEAD: Money = Money::from_ten_thousandths(200);
/// Packages were created on each of so many days before now.
const PACKAGE_AGES: i64 = 13;

/// Frees what a demonstration held that was killed. Only for one who has the folder to itself.
///
/// # Errors
/// When the database fails; nothing is freed then.
pub async fn recover(db: &Database, clock: &dyn Clock) -> Result<(), StoreError> {
    let now = clock.now();
    db.transaction(async |tx| {
        leases::release_all(tx).await?;
        run_claims::fail_dead(tx, now + TimeDelta::days(1), 0, now).await?;
        Ok(())
    })
    .await
}

/// Makes a package for each family of tasks that has none: `浙江企业-11月A包` for
/// `浙江企业-11月A包-01` and `-02`. Returns how many were made.
///
/// # Errors
/// When the database fails; nothing is made then.
pub async fn link_packages(
    db: &Database,
    clock: &dyn Clock,
    zone: BusinessZone,
) -> Result<usize, StoreError> {
    let mut families: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (id, name) in tasks::unlinked(db.read()).await? {
        let family = name
            .rsplit_once('-')
            .map_or(name.as_str(), |(family, _)| family);
        families.entry(family.to_owned()).or_default().push(id);
    }
    let tx = db.begin().await?;
    let now = clock.now();
    for (age, (name, task_ids)) in (0..PACKAGE_AGES).rev().cycle().zip(&families) {
        let created_at = now - TimeDelta::days(age);
        let new = NewPackage {
            name: name.clone(),
            source: Some("演示数据".to_owned()),
            industry: Some("企业服务".to_owned()),
            region: Some(name.chars().take(2).collect()),
            total_leads: LEADS,
            valid_leads: VALID_LEADS,
            cost_per_lead: COST_PER_LEAD,
            total_cost: leads::total_cost(LEADS.unsigned_abs(), COST_PER_LEAD),
            created_at,
            created_date: zone.day_of(created_at),
        };
        let package = packages::create(&tx, new).await?;
        tasks::link_unlinked(&tx, task_ids, package.id, now).await?;
    }
    tx.commit().await?;
    Ok(families.len())
}
