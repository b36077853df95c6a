//! Reports in the forms they are saved in.

use crate::extension::{document, rsop_document};
use crate::report::{
    Document, GpoReport, HtmlOptions, ReportFormat, RsopReport, write_csv, write_html, write_report, write_reports,
    write_rsop, write_text,
};

/// Returns the bytes of a file that holds these reports: UTF-16LE with mark for XML, else UTF-8. XML and JSON of a single report have
/// nothing around it; CSV has a mark, by which spreadsheets know UTF-8.
pub fn render_reports(reports: &[GpoReport], format: ReportFormat, html: HtmlOptions) -> Vec<u8> {
    let xml = || match reports {
        [only] => write_report(only),
        several => write_reports(several),
    };
    render(xml, || reports.iter().map(document).collect(), format, html)
}

/// Returns the bytes of a file that holds a resultant set of policy, in the same encodings. Its XML is what `gpresult /X` writes.
pub fn render_rsop(report: &RsopReport, format: ReportFormat, html: HtmlOptions) -> Vec<u8> {
    render(|| write_rsop(report), || vec![rsop_document(report)], format, html)
}

/// Returns the bytes of a file that holds a document, in the same encodings; none for XML, which is for reports alone.
pub fn render_document(document: Document, format: ReportFormat, html: HtmlOptions) -> Option<Vec<u8>> {
    (format != ReportFormat::Xml).then(|| render(Vec::new, || vec![document], format, html))
}

fn render(
    xml: impl FnOnce() -> Vec<u8>,
    documents: impl FnOnce() -> Vec<Document>,
    format: ReportFormat,
    html: HtmlOptions,
) -> Vec<u8> {
    match format {
        ReportFormat::Xml => xml(),
        ReportFormat::Html => write_html(&documents(), html).into_bytes(),
        ReportFormat::Csv => [BYTE_ORDER_MARK, &write_csv(&documents())].concat().into_bytes(),
        ReportFormat::Json => json(&documents()).into_bytes(),
        ReportFormat::Text => write_text(&documents()).into_bytes(),
    }
}

const BYTE_ORDER_MARK: &str = "\u{FEFF}";

fn json(documents: &[Document]) -> String {
    let text = match documents {
        [only] => serde_json::to_string_pretty(only),
        several => serde_json::to_string_pretty(several),
    };
    // Strings, lists and flags: there is nothing in a document that JSON cannot hold.
    text.map(|text| text + "\n").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::read_reports;

    const ONE: &str = "<GPO xmlns=\"http://www.microsoft.com/GroupPolicy/Settings\"><Identifier><Identifier>\
        {31B2F340-016D-11D2-945F-00C04FB984F9}</Identifier><Domain>corp.example</Domain></Identifier><Name>Base</Name></GPO>";

    #[test]
    fn every_form_names_the_gpo() {
        let reports = read_reports(ONE.as_bytes()).unwrap();
        for format in ReportFormat::ALL {
            let bytes = render_reports(&reports, format, HtmlOptions::default());
            let text = match format {
                ReportFormat::Xml => {
                    let units: Vec<u16> =
                        bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
                    String::from_utf16(&units).unwrap()
                }
                _ => String::from_utf8(bytes).unwrap(),
            };
            assert!(text.contains("Base") && text.contains("31B2F340"), "{format}: {text}");
        }
        let json: serde_json::Value =
            serde_json::from_slice(&render_reports(&reports, ReportFormat::Json, HtmlOptions::default())).unwrap();
        assert_eq!(json["title"], "Base");
        let both = [reports[0].clone(), reports[0].clone()];
        let json: serde_json::Value =
            serde_json::from_slice(&render_reports(&both, ReportFormat::Json, HtmlOptions::default())).unwrap();
        assert_eq!(json.as_array().unwrap().len(), 2);
    }
}
