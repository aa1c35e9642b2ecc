//! `grades`.

use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use super::Result;
use crate::{
    domain::grade::Grade,
    entity::grade::{Column, Entity, Model},
};

/// The catalogue, in the order it was made.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<Grade>> {
    let rows = Entity::find().order_by_asc(Column::Id).all(db).await?;
    Ok(rows.into_iter().map(Grade::from).collect())
}

impl From<Model> for Grade {
    fn from(row: Model) -> Self {
        Self {
            code: row.code,
            label: row.label,
            patterns: row.patterns.0,
            unit_price: row.unit_price,
            is_interested: row.is_interested,
            is_success: row.is_success,
        }
    }
}
