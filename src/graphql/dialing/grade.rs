use async_graphql::{ID, Object};

use crate::{
    graphql::{
        connection::listed,
        error::Result,
        id::{self, Kind},
    },
    store::{Record, grades::GradeRow},
};

listed! {
    Grade(GradeRow) {
    }
}

/// An entry of the catalogue that turns the grades that calls are given, free text, into codes.
#[Object(serial)]
impl Grade {
    /// Opaque global id.
    pub(in crate::graphql) async fn id(&self) -> Result<ID> {
        Ok(id::global(Kind::Grade, self.0.id()?))
    }

    #[graphql(flatten)]
    async fn columns(&self) -> &Record<GradeRow> {
        &self.0
    }

    /// Texts that mean this grade. A call's whole text decides, never a part of it; case, width and
    /// spaces around it make no difference.
    async fn patterns(&self) -> Result<Vec<String>> {
        Ok(self.0.get(GradeRow::PATTERNS)?.0)
    }
}
