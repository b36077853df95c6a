//! Reports in the forms they are saved in.

use crate::extension::document;
use crate::report::{
    Document, GpoReport, HtmlOptions, ReportFormat, write_csv, write_html, write_report, write_reports, write_text,
};

/// Returns the bytes of a file that holds these reports: XML as GPMC writes it (UTF-16), the other forms UTF-8. Several reports in one
/// XML file stand in an element `report`, in one JSON file in a list.
pub fn render_reports(reports: &[GpoReport], format: ReportFormat) -> Vec<u8> {
    if format == ReportFormat::Xml {
        return match reports {
            [only] => write_report(only),
            several => write_reports(several),
        };
    }
    let documents: Vec<Document> = reports.iter().map(document).collect();
    match format {
        ReportFormat::Xml | ReportFormat::Html => write_html(&documents, HtmlOptions::default()),
        ReportFormat::Csv => write_csv(&documents),
        ReportFormat::Json => json(&documents),
        ReportFormat::Text => write_text(&documents),
    }
    .into_bytes()
}

/// Writes one document as an object, several as a list. Documents are made of texts and numbers, so nothing in them has no JSON.
fn json(documents: &[Document]) -> String {
    let text = match documents {
        [only] => serde_json::to_string_pretty(only),
        several => serde_json::to_string_pretty(several),
    };
    text.unwrap_or_default() + "\n"
}
