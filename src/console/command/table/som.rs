//! What can be done with domains, OUs and sites.

use super::super::Row;

pub(super) const ROWS: &[Row] = &[];
