//! Settings reports: what a GPO sets, as data that is shown, written and read back.
//!
//! A [`GpoReport`] holds what GPMC's report XML holds, element for element; it is made from a GPO by [`crate::extension`] or read from
//! any `gpreport.xml`. A [`Document`] is the same for people: sections, tables and rows, made from a [`GpoReport`] and from nothing
//! else, so that the window, HTML, CSV, JSON and text always say what the XML says. Sources: `operations.md` 4 and 5,
//! `console-ui.md` 9.

mod element;
mod gpo_report;
mod document;
mod xml_writer;
mod xml_reader;
mod format;
mod plain;
mod html;
mod csv;
mod text;
pub mod rsop;

pub use csv::write_csv;
pub use document::{Block, Cell, Column, Document, Explain, Mark, Row, Section, Table};
pub use element::{Element, Namespace};
pub use format::{ReportFormat, UnknownFormat};
pub use gpo_report::{ExtensionReport, GpoReport, HalfReport, LinkReport, PartProblem, Side};
pub use html::{HtmlOptions, write_html};
pub use rsop::{RsopReport, read_rsop, write_rsop};
pub use text::write_text;
pub use xml_reader::{ReadReportError, read_reports};
pub use xml_writer::{write_report, write_reports};
