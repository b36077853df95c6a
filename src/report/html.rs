//! Reports as HTML: one file that needs nothing else, with the structure of GPMC's (`operations.md` 5, `console-ui.md` 9.1).
//!
//! Whatever a GPO contains is text here: it is escaped, characters that cannot be seen are named, and the page allows no script but
//! its own (a hash in its content security policy) and loads nothing. Without scripts everything can be read, opened and closed.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::plain::visible;
use super::{Block, Cell, Document, Explain, Mark, PartProblem, Row, Section, Table};

/// How HTML is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HtmlOptions {
    /// Writes elements, classes and attributes as GPMC does, for tools that take its reports apart. Sections then are open where
    /// scripts are off.
    pub microsoft_markup: bool,
    /// Prints the page as soon as it is shown.
    pub print: bool,
}

const STYLE: &str = include_str!("html/report.css");
const MICROSOFT_STYLE: &str = include_str!("html/microsoft.css");
const SCRIPT: &str = include_str!("html/details.js");
const MICROSOFT_SCRIPT: &str = include_str!("html/microsoft.js");
/// The SHA-256 of each script in Base64, by which the page allows it.
const SCRIPT_HASH: &str = "xOzgf1tocGNwkTu7sdhi07XsXrg5MhfceD/QJr+WtjA=";
const MICROSOFT_SCRIPT_HASH: &str = "bPhkMv3tfWhOQ8oO6y/TPWXiE8EiCWXzZ8QWe9VZsOw=";

/// Returns reports as one HTML page in UTF-8.
pub fn write_html(documents: &[Document], options: HtmlOptions) -> String {
    let mut writer = Writer { out: String::new(), microsoft: options.microsoft_markup, print: options.print };
    writer.head(documents);
    for (index, document) in documents.iter().enumerate() {
        writer.document(document, index == 0);
    }
    let script = if options.microsoft_markup { MICROSOFT_SCRIPT } else { SCRIPT };
    let _ = write!(writer.out, "<script>{script}</script>\n</body>\n</html>\n");
    writer.out
}

struct Writer {
    out: String,
    microsoft: bool,
    print: bool,
}

/// What a section is in GPMC's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// General, Computer Configuration, User Configuration.
    Band,
    /// Policies, Preferences.
    Group,
    /// Details, Windows Settings, Administrative Templates.
    Area,
    /// Security Settings, a kind of preferences.
    Extension,
    /// A category of policies, a preference item.
    Category,
    /// A part of a category.
    Part,
}

impl Level {
    /// Returns the level of a section in one of the level `above`.
    fn of(section: &Section, above: Option<Level>) -> Level {
        let has_sections = section.blocks.iter().any(|block| matches!(block, Block::Section(_)));
        match above {
            None => Level::Band,
            Some(Level::Band) if matches!(section.heading.as_str(), "Policies" | "Preferences") => Level::Group,
            Some(Level::Band | Level::Group) => Level::Area,
            Some(Level::Area) if has_sections => Level::Extension,
            Some(Level::Area | Level::Extension) => Level::Category,
            Some(Level::Category | Level::Part) => Level::Part,
        }
    }

    /// Returns its class in GPMC's report.
    fn class(self) -> &'static str {
        match self {
            Level::Band => "he0",
            Level::Group => "he1h",
            Level::Area => "he1",
            Level::Extension => "he2",
            Level::Category => "he3",
            Level::Part => "he4h",
        }
    }
}

impl Writer {
    fn head(&mut self, documents: &[Document]) {
        let hash = if self.microsoft { MICROSOFT_SCRIPT_HASH } else { SCRIPT_HASH };
        let title = match documents {
            [only] => escaped(&only.title).into_owned(),
            several => format!("{} Group Policy Objects", several.len()),
        };
        let _ = write!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"OpenGPMC\">\n\
             <title>{title}</title>\n<style>\n{STYLE}"
        );
        if self.microsoft {
            self.out.push_str(MICROSOFT_STYLE);
        }
        let print = if self.print { " data-print" } else { "" };
        let _ = write!(self.out, "</style>\n</head>\n<body{print}>\n");
    }

    fn document(&mut self, document: &Document, is_first: bool) {
        self.out.push_str("<article>\n");
        let title = escaped(&document.title);
        let collected = match document.collected.as_str() {
            "" => Cow::Borrowed(""),
            time => format!("Data collected on: {}", escaped(time)).into(),
        };
        let id = |id: &str| if is_first { format!(" id=\"{id}\"") } else { String::new() };
        let _ = if self.microsoft {
            let (stamp, show) = (id("dtstamp"), id("objshowhide"));
            writeln!(
                self.out,
                "<table class=\"title\" cellpadding=\"0\" cellspacing=\"0\">\n\
                 <tr><td colspan=\"2\" class=\"gponame\">{title}</td></tr>\n<tr>\n    <td{stamp}>{collected}</td>\n    \
                 <td><div{show} class=\"showall\" tabindex=\"0\" hidden></div></td>\n</tr>\n</table>"
            )
        } else {
            writeln!(
                self.out,
                "<header class=\"title\">\n<h1 class=\"gponame\">{title}</h1>\n<p class=\"dtstamp\">{collected}</p>\n\
                 <button class=\"showall\" type=\"button\" hidden></button>\n</header>"
            )
        };
        self.out.push_str("<div class=\"gposummary\">\n");
        for section in &document.sections {
            self.section(section, None);
        }
        self.out.push_str("</div>\n</article>\n");
    }

    fn section(&mut self, section: &Section, above: Option<Level>) {
        let level = Level::of(section, above);
        let (class, heading) = (level.class(), escaped(&section.heading));
        let _ = if self.microsoft {
            let expanded = if section.open { "_expanded" } else { "" };
            write!(
                self.out,
                "<div class=\"{class}{expanded}\"><span class=\"sectionTitle\" tabindex=\"0\">{heading}</span>\
                 <a class=\"expando\" href=\"#\"></a></div>\n<div class=\"container\">"
            )
        } else {
            let open = if section.open { " open" } else { "" };
            write!(
                self.out,
                "<details class=\"section {class}\"{open}><summary class=\"head\"><span class=\"sectionTitle\" role=\"heading\" \
                 aria-level=\"{}\">{heading}</span></summary>\n<div class=\"container\">",
                level as usize + 2
            )
        };
        self.blocks(&section.blocks, Some(level));
        self.out.push_str(if self.microsoft { "</div>\n<div class=\"filler\"></div>\n" } else { "</div></details>\n" });
    }

    /// Writes what stands in a section of the level `above`, or below a row.
    fn blocks(&mut self, blocks: &[Block], above: Option<Level>) {
        let is_leaf = |block: &Block| !matches!(block, Block::Section(_));
        for group in blocks.chunk_by(|one, next| is_leaf(one) && is_leaf(next)) {
            if let [Block::Section(section)] = group {
                self.section(section, above.or(Some(Level::Category)));
                continue;
            }
            self.out.push_str("<div class=\"he4i\">");
            for block in group {
                self.leaf(block);
            }
            self.out.push_str("</div>");
        }
    }

    fn leaf(&mut self, block: &Block) {
        let _ = match block {
            Block::Section(section) => return self.section(section, Some(Level::Category)),
            Block::Table(table) => return self.table(table, false),
            Block::Text(text) => write!(self.out, "<p>{}</p>", escaped(text)),
            Block::Code(text) => write!(self.out, "<pre>{}</pre>", escaped(text)),
            Block::Problem(PartProblem { file, message }) => write!(
                self.out,
                "<div class=\"problem\" role=\"note\"><b>Could not be read:</b> {}: {}</div>",
                escaped(file),
                escaped(message)
            ),
        };
    }

    fn table(&mut self, table: &Table, below_row: bool) {
        let widest = table.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let columns = table.columns.len().max(widest).max(1);
        let class = match (below_row && self.microsoft, table.columns.is_empty(), columns) {
            (true, true, _) => "subtable_frame labels".to_owned(),
            (true, false, _) => "subtable".to_owned(),
            (false, true, _) => "info labels".to_owned(),
            (false, false, 1 | 2) => format!("info n{columns}"),
            (false, false, more) => format!("info3 n{more}"),
        };
        let class = if self.microsoft { class.split(' ').next().unwrap_or_default() } else { &class };
        let _ = writeln!(self.out, "<table class=\"{class}\">");
        if !table.columns.is_empty() {
            self.out.push_str("<thead><tr>");
            for column in &table.columns {
                let _ = write!(self.out, "<th scope=\"col\">{}</th>", escaped(&column.heading));
            }
            self.out.push_str("</tr></thead>\n");
        }
        self.out.push_str("<tbody>");
        for row in &table.rows {
            self.row(row, columns, table.columns.is_empty());
        }
        self.out.push_str("</tbody></table>");
    }

    fn row(&mut self, row: &Row, columns: usize, is_label: bool) {
        self.out.push_str(if row.details.is_empty() || self.microsoft { "<tr>" } else { "<tr class=\"has-sub\">" });
        for (index, cell) in row.cells.iter().enumerate() {
            let scope = if index == 0 && is_label { " scope=\"row\"" } else { "" };
            let is_last = index + 1 == row.cells.len() && row.cells.len() < columns;
            let span = if is_last { format!(" colspan=\"{}\"", columns - index) } else { String::new() };
            let _ = write!(self.out, "<td{scope}{span}{}>", class_of(cell.mark));
            match &row.explain {
                Some(explain) if index == 0 => self.explained(cell, explain),
                _ => self.out.push_str(&escaped(&cell.text)),
            }
            self.out.push_str("</td>");
        }
        self.out.push_str("</tr>\n");
        if row.details.is_empty() {
            return;
        }
        let class = if self.microsoft { "" } else { " class=\"sub\"" };
        let _ = write!(self.out, "<tr{class}><td colspan=\"{columns}\">");
        let is_table = |block: &Block| matches!(block, Block::Table(_));
        for group in row.details.chunk_by(|one, next| !is_table(one) && !is_table(next)) {
            match group {
                [Block::Table(table)] => self.table(table, true),
                others => self.blocks(others, Some(Level::Category)),
            }
        }
        self.out.push_str("</td></tr>\n");
    }

    /// Writes a cell whose text leads to an explanation.
    fn explained(&mut self, cell: &Cell, explain: &Explain) {
        let (text, path) = (escaped(&cell.text), escaped(&explain.path));
        let (supported, said) = (escaped(&explain.supported_on), escaped(&explain.text));
        let _ = if self.microsoft {
            write!(
                self.out,
                "<span class=\"explainlink\" tabindex=\"0\" gpmc_settingName=\"{text}\" gpmc_settingPath=\"{path}\" \
                 gpmc_settingDescription=\"{said}\" gpmc_supported=\"{supported}\">{text}</span>"
            )
        } else {
            let supported = if supported.is_empty() { Cow::Borrowed("Not available") } else { supported };
            let said = if said.is_empty() { "No explanation is available for this setting.".into() } else { said };
            write!(
                self.out,
                "<details class=\"explain\"><summary>{text}</summary><div class=\"explanation\"><dl><dt>Setting Path:</dt><dd>{path}\
                 </dd><dt>Supported On:</dt><dd>{supported}</dd></dl><p>{said}</p></div></details>"
            )
        };
    }
}

fn class_of(mark: Mark) -> &'static str {
    match mark {
        Mark::None => "",
        Mark::Weak => " class=\"weak\"",
        Mark::Warning => " class=\"warning\"",
    }
}

/// Returns a text as it is written between tags and within quotes.
fn escaped(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use crate::format::encode_base64;

    use super::*;

    const BOTH: [HtmlOptions; 2] =
        [HtmlOptions { microsoft_markup: false, print: false }, HtmlOptions { microsoft_markup: true, print: true }];

    /// A document with this text everywhere a text can stand.
    fn document(text: &str) -> Document {
        let explain = || Explain { path: text.to_owned(), supported_on: text.to_owned(), text: text.to_owned() };
        let mut options = Table::new(&[text, "b"]);
        options.row([text]);
        let mut table = Table::new(&[text, text, text]);
        let row = table.row([text, text, text]);
        row.explain = Some(explain());
        row.details = vec![options.into(), Block::Text(text.to_owned()), Section::new(text).into()];
        table.push(Row { cells: vec![Cell::marked(text, Mark::Warning)], ..Row::default() });
        let mut labels = Table::properties();
        labels.row([text, text]).explain = Some(explain());
        let problem = PartProblem { file: text.to_owned(), message: text.to_owned() };
        let inner = Section::new(text).with(Block::Code(text.to_owned())).with(problem).with(labels);
        let sections = vec![Section::new(text).opened().with(Block::Text(text.to_owned())).with(table).with(inner)];
        Document { title: text.to_owned(), collected: text.to_owned(), sections }
    }

    /// Returns the page as a sequence of tags and texts, or why it is no page this writer means to make.
    fn parts(html: &str) -> Vec<String> {
        let body = &html[html.find("</style>").unwrap()..html.rfind("<script>").unwrap()];
        let mut rest = body;
        let mut parts = Vec::new();
        while let Some(start) = rest.find('<') {
            let end = rest[start..].find('>').map(|end| start + end).expect("a tag that ends");
            parts.push(rest[..start].to_owned());
            parts.push(rest[start..=end].to_owned());
            rest = &rest[end + 1..];
        }
        parts
    }

    /// Returns a tag with its attribute values left out.
    fn skeleton(tag: &str) -> String {
        let pieces: Vec<&str> = tag.split('"').collect();
        assert!(pieces.len() % 2 == 1, "{tag}");
        pieces.iter().step_by(2).copied().collect()
    }

    #[test]
    fn no_text_is_markup() {
        let hostile = [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onmouseover='alert(1)",
            "</title></style></script><svg onload=alert(1)>",
            "<!-- --> <![CDATA[ ]]>",
            "javascript:alert(1)",
            "&lt;b&gt; &#60;b&#62; &",
            "a\0b\u{8}c\u{1B}[2J\u{7F}\u{85}\u{FFFE}",
            "\u{202E}gnp.exe\u{2066}\u{E0041}",
            "{{constructor}} ${alert(1)} `x`",
        ];
        for options in BOTH {
            let plain = parts(&write_html(&[document("x")], options));
            let tags: Vec<String> =
                plain.iter().filter(|part| part.starts_with('<')).map(|tag| skeleton(tag)).collect();
            for text in hostile {
                let html = write_html(&[document(text)], options);
                let own: Vec<String> =
                    parts(&html).iter().filter(|part| part.starts_with('<')).map(|tag| skeleton(tag)).collect();
                assert_eq!(own, tags, "{text:?}");
                let unseen = |character: char| {
                    (character.is_control() && character != '\n') || "\u{202E}\u{2066}".contains(character)
                };
                assert!(!html.contains(unseen), "{text:?}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_stays_text(text in "(?s).{0,40}|[<>\"'&/=! a-z\\x00]{0,30}") {
            for options in BOTH {
                let tags = |text: &str| -> Vec<String> {
                    let parts = parts(&write_html(&[document(text)], options));
                    parts.iter().filter(|part| part.starts_with('<')).map(|tag| skeleton(tag)).collect()
                };
                // An empty time or text is said in other words, never in other tags.
                proptest::prop_assert_eq!(tags(&text), tags("x"));
            }
        }
    }

    #[test]
    fn the_page_allows_its_own_script_and_loads_nothing() {
        for (script, hash) in [(SCRIPT, SCRIPT_HASH), (MICROSOFT_SCRIPT, MICROSOFT_SCRIPT_HASH)] {
            assert_eq!(
                encode_base64(&Sha256::digest(script)),
                hash,
                "the hash of the script is to be brought up to date"
            );
        }
        for options in BOTH {
            let html = write_html(&[document("x")], options);
            assert!(
                !html.contains("http:") && !html.contains("https:") && !html.contains("url(") && !html.contains("src=")
            );
            assert_eq!(html.matches("<script").count(), 1);
        }
    }

    #[test]
    fn levels_and_open_sections_are_microsofts() {
        let section = |heading: &str, blocks: Vec<Block>| Section { heading: heading.to_owned(), open: false, blocks };
        let leaf = || Block::Text("x".to_owned());
        let category = section("Account Policies/Password Policy", vec![section("Other", vec![leaf()]).into()]);
        let security = section("Security Settings", vec![category.into()]);
        let windows = section("Windows Settings", vec![security.into()]).opened();
        let templates = section("Administrative Templates", vec![section("System/Logon", vec![leaf()]).into()]);
        let policies = section("Policies", vec![windows.into(), templates.into()]).opened();
        let half = section("Computer Configuration (Enabled)", vec![policies.into()]).opened();
        let general = section("General", vec![section("Details", vec![leaf()]).into()]).opened();
        let document = Document { title: "Base".to_owned(), collected: String::new(), sections: vec![general, half] };
        let html = write_html(std::slice::from_ref(&document), HtmlOptions { microsoft_markup: true, print: false });
        let heads = html.split("<div class=\"he").skip(1).filter(|head| head.contains("sectionTitle"));
        let heads: Vec<String> = heads
            .filter_map(|head| {
                let (class, rest) = head.split_once('"')?;
                let (_, heading) = rest.split_once("tabindex=\"0\">")?;
                (!class.starts_with("4i")).then(|| format!("he{class} {}", heading.split('<').next().unwrap()))
            })
            .collect();
        assert_eq!(
            heads,
            [
                "he0_expanded General",
                "he1 Details",
                "he0_expanded Computer Configuration (Enabled)",
                "he1h_expanded Policies",
                "he1_expanded Windows Settings",
                "he2 Security Settings",
                "he3 Account Policies/Password Policy",
                "he4h Other",
                "he1 Administrative Templates",
                "he3 System/Logon",
            ]
        );
        let html = write_html(&[document], HtmlOptions::default());
        assert!(html.contains("<details class=\"section he1\" open><summary class=\"head\"><span class=\"sectionTitle\" role=\"heading\" aria-level=\"4\">Windows"));
        assert!(html.contains("<details class=\"section he2\"><summary"));
    }
}
