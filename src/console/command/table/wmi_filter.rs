//! What can be done with WMI filters and their container.

use super::super::Row;

pub(super) const ROWS: &[Row] = &[];
