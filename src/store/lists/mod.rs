//! The engine of lists: what a table declares, and how its rows are selected, filtered, ordered, paged
//! and counted. Nothing here knows an area.

pub(in crate::store) mod counts;
pub(in crate::store) mod fetch;
pub(in crate::store) mod filters;
pub(in crate::store) mod paging;
pub(in crate::store) mod record;
pub(in crate::store) mod rows;
pub(in crate::store) mod selection;
pub(in crate::store) mod table;
