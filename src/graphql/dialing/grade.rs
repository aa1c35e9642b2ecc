use async_graphql::{ID, Object};

use super::{GradeFilter, GradeOrder};
use crate::{
    graphql::{
        connection::listed,
        id::{self, Kind},
        scalars::{DateTime, Decimal},
    },
    store::grades::GradeRow,
};

listed! {
    Grade(GradeRow) by GradeFilter, GradeOrder {
    }
}

/// An entry of the catalogue that turns the grades that calls are given, free text, into codes.
#[Object(serial)]
impl Grade {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        id::global(Kind::Grade, self.0.row.id)
    }

    /// The id in the database, for joins in BI tools.
    async fn database_id(&self) -> i64 {
        self.0.row.id
    }

    /// Its stable name, such as NINE_YUAN. OTHER is every text that no other grade claims.
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// What people call it.
    async fn label(&self) -> &str {
        &self.0.row.label
    }

    /// Texts that mean this grade. A call's whole text decides, never a part of it; case, width and
    /// spaces around it make no difference.
    async fn patterns(&self) -> &[String] {
        &self.0.row.patterns.0
    }

    /// What one call of this grade earns, in yuan.
    async fn unit_price(&self) -> Decimal {
        self.0.row.unit_price.into()
    }

    /// Whether the person is interested.
    async fn is_interested(&self) -> bool {
        self.0.row.is_interested
    }

    /// Whether the call is a deal.
    async fn is_success(&self) -> bool {
        self.0.row.is_success
    }

    /// Counts its changes, from 1: to be given as `expectedVersion` when it is changed.
    async fn version(&self) -> i64 {
        self.0.row.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        self.0.row.created_at.into()
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.row.updated_at.into()
    }
}
