//! What can be done with links.

use super::super::Row;

pub(super) const ROWS: &[Row] = &[];
