//! Group Policy preferences: the XML files below `Preferences` in both halves of a GPO ([MS-GPPREF], `gpo-storage.md` B9).
//!
//! A [`PreferenceFile`] keeps the bytes of its file and changes only those of the value that is edited. What stands in it is told by
//! the table of [`PreferenceKind`]s, what all items have in common by [`ItemEnvelope`], where an item applies by
//! [`TargetingFilter`]. Odd content is tolerated: [`check_preferences`] says what is odd, and in which line.

mod kind;
mod file;
mod item;
mod targeting;
mod check;

pub use check::{PreferenceOddity, PreferenceProblem, check_preferences};
pub use file::{
    EditPreferenceError, ElementId, PreferenceEdit, PreferenceElement, PreferenceFile, PreferenceFileError,
};
pub use item::{ItemEnvelope, PreferenceAction};
pub use kind::{ItemKind, PreferenceKind, ReportNames};
pub use targeting::{FilterJoin, FilterKind, TargetingFilter};
