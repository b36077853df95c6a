//! What an administrator changes by pointing and clicking: one type for each change, which is an [`super::edit::Edit`].

pub mod security;
