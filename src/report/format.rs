//! The forms a report is saved in.

use std::fmt;
use std::str::FromStr;

/// A form in which a report is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportFormat {
    /// GPMC's XML, which `Get-GPOReport` and other tools read.
    Xml,
    /// One HTML file that needs nothing else.
    Html,
    /// A line for each value, for spreadsheets.
    Csv,
    /// The report as data.
    Json,
    /// Text for terminals.
    Text,
}

/// The name is none of a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no form of a report; there are html, xml, csv, json and text")]
pub struct UnknownFormat(pub String);

impl ReportFormat {
    /// All forms, in the order in which they are offered.
    pub const ALL: [ReportFormat; 5] =
        [ReportFormat::Html, ReportFormat::Xml, ReportFormat::Csv, ReportFormat::Json, ReportFormat::Text];

    /// Returns the name, as commands take it.
    pub fn name(self) -> &'static str {
        match self {
            ReportFormat::Xml => "xml",
            ReportFormat::Html => "html",
            ReportFormat::Csv => "csv",
            ReportFormat::Json => "json",
            ReportFormat::Text => "text",
        }
    }

    /// Returns the words by which a person chooses it.
    pub fn label(self) -> &'static str {
        match self {
            ReportFormat::Xml => "XML report",
            ReportFormat::Html => "HTML report",
            ReportFormat::Csv => "CSV table",
            ReportFormat::Json => "JSON data",
            ReportFormat::Text => "Plain text",
        }
    }

    /// Returns the extension of its files, without dot.
    pub fn extension(self) -> &'static str {
        match self {
            ReportFormat::Text => "txt",
            other => other.name(),
        }
    }

    /// Returns the form that files with this extension have, its case aside.
    pub fn of_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        match extension.as_str() {
            "htm" => Some(ReportFormat::Html),
            other => ReportFormat::ALL.into_iter().find(|format| format.extension() == other),
        }
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ReportFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let name = text.to_ascii_lowercase();
        let found = ReportFormat::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat(text.chars().take(80).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions_lead_back() {
        for format in ReportFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
            assert_eq!(ReportFormat::of_extension(&format.extension().to_uppercase()), Some(format));
        }
        assert_eq!(ReportFormat::of_extension("htm"), Some(ReportFormat::Html));
        assert_eq!(ReportFormat::of_extension("pol"), None);
        assert!("pdf".parse::<ReportFormat>().unwrap_err().to_string().contains("html, xml"));
    }
}
