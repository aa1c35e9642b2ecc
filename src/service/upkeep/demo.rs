//! Demonstration data: packages for the tasks that the simulated platform dials.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::{
    clock::Clock,
    domain::{
        business_time::BusinessZone,
        dialing::CallSource,
        leads::{self, PackageFields},
        money::Money,
        package_rules::{PackageRule, RuleMatch},
    },
    service::package_rules as linking,
    store::{Database, StoreError, claim_calls, leases, packages, run_claims, tasks},
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

/// Makes a package for each family of tasks that no package claims, with a rule that claims them:
/// `浙江企业-11月A包` for `浙江企业-11月A包-01` and `-02`. A family whose name a package has already is
/// left alone. Returns how many were made.
///
/// # Errors
/// When the database fails; nothing is made then.
pub async fn make_packages(
    db: &Database,
    clock: &dyn Clock,
    zone: BusinessZone,
) -> Result<usize, StoreError> {
    let tx = db.begin().await?;
    claim_calls(&tx).await?;
    let mut families: BTreeSet<String> = BTreeSet::new();
    for (_, name) in tasks::unlinked_of(&tx, CallSource::Guanke).await? {
        if let Some((family, _)) = name.rsplit_once('-') {
            families.insert(family.to_owned());
        }
    }
    let now = clock.now();
    let mut made = 0;
    for (age, name) in (0..PACKAGE_AGES).rev().cycle().zip(families) {
        if packages::namesake(&tx, &name).await?.is_some() {
            continue;
        }
        let created_at = now - TimeDelta::days(age);
        let rule = PackageRule {
            matches: RuleMatch::Prefix,
            text: format!("{name}-"),
        };
        let new = PackageFields {
            source: Some("演示数据".to_owned()),
            industry: Some("企业服务".to_owned()),
            region: Some(name.chars().take(2).collect()),
            name,
            total_leads: LEADS,
            valid_leads: VALID_LEADS,
            cost_per_lead: COST_PER_LEAD,
            total_cost: leads::total_cost(LEADS.unsigned_abs(), COST_PER_LEAD),
            rules: vec![rule],
        };
        packages::create(&tx, new, created_at, zone.day_of(created_at)).await?;
        made += 1;
    }
    if made > 0 {
        linking::link_all(&tx, now).await?;
    }
    tx.commit().await?;
    Ok(made)
}
