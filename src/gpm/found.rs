//! What a read brought, with what went wrong on the way.

use crate::store::{StoreError, StoreErrorKind};

use super::Problem;

/// Values that were read, and the trouble that kept others away.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// What was found.
    pub values: Vec<T>,
    /// What could not be read or looks wrong.
    pub problems: Vec<Problem>,
    /// What ended the read before its end; it is among the problems too.
    pub error: Option<StoreError>,
}

impl<T> Found<T> {
    /// Returns a read that found nothing and nothing wrong.
    pub fn nothing() -> Self {
        Found { values: Vec::new(), problems: Vec::new(), error: None }
    }

    /// Tells whether the place that was searched exists.
    pub fn base_exists(&self) -> bool {
        self.error.as_ref().is_none_or(|error| error.kind != StoreErrorKind::NotFound)
    }

    /// Returns what was found; the error where that is nothing because of an error.
    pub fn or_error(self) -> Result<Self, StoreError> {
        match self.error {
            Some(error) if self.values.is_empty() => Err(error),
            _ => Ok(self),
        }
    }
}
