//! Resultant sets of policy as `gpresult /X` and GPMC write them: what applied to a user and a computer, or would apply, and why.
//!
//! A [`RsopReport`] is such a document as values. [`read_rsop`] and [`write_rsop`] lose nothing on the way: what the values cannot say (times with
//! fractions, elements nobody has described, an order of their own) stays with the values it was read with ([`Kept`]) and is
//! written back in its place. A plan of this program is written with the same values, so that both are shown and compared by the
//! same code.
//!
//! Source: `operations.md` 6 and 8.1, measured on what `gpresult /X` wrote.

mod compare;
mod events;
mod kept;
mod trace;
mod values;
mod reader;
mod setting;
mod verdict;
mod writer;

pub use compare::{Differs, GpoOutcome, RsopDifference, SettingOutcome, compare};
pub use events::{EventLevel, ExtensionTime, PolicyEvent, PolicyEvents};
pub use kept::Kept;
pub use reader::read_rsop;
pub use setting::{RsopSetting, holds_origin, says_origin};
pub use trace::{EventGpo, EventLoopback, EventMeaning};
pub use values::{
    ExtensionStatus, RsopDataType, RsopGpo, RsopLink, RsopPrincipal, RsopReport, RsopResult, SearchedSom, WinningGpo,
    precedence, winning_gpo,
};
pub use verdict::NotApplied;
pub use writer::write_rsop;
