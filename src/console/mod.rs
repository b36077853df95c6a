//! The desktop console: the window, the scope tree, the result panes.
//!
//! [`App`] owns the state; views draw it and push [`Command`]s, which it carries out between frames. What may be asked for
//! stands in [`command::TABLE`], every colour and size in [`theme`], every picture in [`icon`]. The console knows the rest of
//! the library and nothing knows the console.

pub mod node;
pub mod command;
pub mod open_forest;
pub mod kit;
pub mod pane;
pub mod theme;
pub mod icon;

pub use command::{Command, CommandContext, ConnectRequest};
pub use icon::{Icon, NodeIcon};
pub use node::{ForestId, Node, Place};
pub use open_forest::{Detail, Details, ForestEntry, ForestState, Lazy, OpenForest};
