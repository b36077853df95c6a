//! The cases H, I and J of `rsop-cases.md`, each a test that bears its number: halves made of small files, merged, compared with the final
//! values, winner and losers.

mod registry;
mod security;
mod other;
mod report;

use crate::extension::{DirectoryObject, EXTENSIONS, FileContent, GptFile, HalfContents};
use crate::format::{PolData, PolRecord, RegistryPol};
use crate::ident::{Dn, ExtensionList};

use super::*;

/// A half of a GPO made by hand.
pub(super) struct Half {
    name: &'static str,
    side: Side,
    som_kind: SomType,
    files: Vec<GptFile>,
    objects: Vec<DirectoryObject>,
    extensions: Vec<Guid>,
}

/// Returns a computer half that registers all extensions.
pub(super) fn half(name: &'static str) -> Half {
    let mut extensions: Vec<Guid> = EXTENSIONS.iter().map(|extension| extension.cse).collect();
    extensions.sort_unstable();
    extensions.dedup();
    let side = Side::Computer;
    Half { name, side, som_kind: SomType::Ou, files: Vec::new(), objects: Vec::new(), extensions }
}

impl Half {
    pub(super) fn user(self) -> Self {
        Half { side: Side::User, ..self }
    }

    pub(super) fn at(self, som_kind: SomType) -> Self {
        Half { som_kind, ..self }
    }

    pub(super) fn file(self, path: &str, text: &str) -> Self {
        self.content(path, FileContent::Whole(text.as_bytes().to_vec()))
    }

    /// Adds a file that cannot be read.
    pub(super) fn unreadable(self, path: &str) -> Self {
        self.content(path, FileContent::Failed("access denied".to_owned()))
    }

    pub(super) fn content(mut self, path: &str, content: FileContent) -> Self {
        self.files.push(GptFile { path: path.to_owned(), size_bytes: 1, content });
        self
    }

    /// Adds an object of the directory; attributes as text.
    pub(super) fn object(mut self, path: &str, class: &str, attributes: &[(&str, &str)]) -> Self {
        let mut object = DirectoryObject { path: path.to_owned(), class: class.to_owned(), attributes: Vec::new() };
        for (name, value) in attributes {
            object.attributes.push(((*name).to_owned(), vec![value.as_bytes().to_vec()]));
        }
        self.objects.push(object);
        self
    }

    /// Adds a `registry.pol`: `K!v=1` sets a number, `K!v="x"` a text, `K!**del.v` and `K!**DeleteKeys="a"` are commands.
    pub(super) fn pol(self, lines: &[&str]) -> Self {
        let records = lines.iter().map(|line| record(line)).collect();
        self.content("Registry.pol", FileContent::Whole(RegistryPol { records }.to_bytes()))
    }
}

fn record(line: &str) -> PolRecord {
    let (key, rest) = line.split_once('!').unwrap();
    let (name, data) = rest.split_once('=').unwrap_or((rest, "\" \""));
    let data = match data.parse() {
        Ok(number) => PolData::Dword(number),
        Err(_) => PolData::Text(data.trim_matches('"').to_owned()),
    };
    PolRecord::set(key, name, data)
}

/// Merges halves in the order of application.
pub(super) fn merged(halves: Vec<Half>) -> (Merged, Vec<&'static str>) {
    merged_with(halves, MergeContext::default())
}

pub(super) fn merged_with(halves: Vec<Half>, context: MergeContext<'_>) -> (Merged, Vec<&'static str>) {
    let names: Vec<&'static str> = halves.iter().map(|half| half.name).collect();
    let side = halves.first().map_or(Side::Computer, |half| half.side);
    let made: Vec<Made> = halves.into_iter().map(make).collect();
    let layers: Vec<Layer<'_>> = made.iter().enumerate().map(|(position, made)| made.layer(position + 1)).collect();
    (merge(side, &layers, &context), names)
}

/// A half with what a layer borrows.
pub(super) struct Made {
    gpo: GpoId,
    som_kind: SomType,
    extensions: Vec<Guid>,
    half: HalfPolicy,
}

pub(super) fn make(half: Half) -> Made {
    let Half { name, side, som_kind, files, objects, extensions } = half;
    let registered: String = extensions.iter().map(|extension| format!("[{extension}]")).collect();
    let contents = HalfContents::new(ExtensionList::parse_lossy(&registered), files, objects);
    let settings = HalfSettings::prepare(side, &contents);
    // A is 1, B is 2 …
    let number = name.bytes().next().map_or(0, |letter| u128::from(letter.wrapping_sub(b'A') + 1));
    let gpo = GpoId { dn: Dn::empty(), id: Guid::from_u128(number << 96), domain: None, name: name.to_owned() };
    Made { gpo, som_kind, extensions, half: HalfPolicy { contents, settings } }
}

impl Made {
    pub(super) fn layer(&self, order: usize) -> Layer<'_> {
        let Made { gpo, som_kind, extensions, half } = self;
        Layer { order, gpo, som_kind: *som_kind, half, extensions }
    }
}

/// Returns settings as `key = value [winner loser …]`; without value where nothing is left; `{…}` where all of them count.
pub(super) fn lines(merged: &Merged, names: &[&str]) -> Vec<String> {
    let line = |setting: &ResultantSetting| {
        let value = setting.value.as_deref().map_or_else(|| "–".to_owned(), str::to_owned);
        let name = |source: &SettingSource| match source.order.checked_sub(1) {
            Some(position) => names[position],
            None => "elsewhere",
        };
        let sources: Vec<&str> = setting.sources.iter().map(name).collect();
        let (open, close) = if setting.united { ("{", "}") } else { ("[", "]") };
        format!("{} = {value} {open}{}{close}", setting.key, sources.join(" "))
    };
    merged.resultant.settings.iter().map(line).collect()
}

/// Compares what halves come to with lines as [`lines`] writes them, and with the beginnings of warnings.
#[track_caller]
pub(super) fn check(halves: Vec<Half>, expected: &[&str], warnings: &[&str]) {
    let (merged, names) = merged(halves);
    assert_eq!(lines(&merged, &names), expected);
    check_warnings(&merged, warnings);
    assert_eq!(merged.failures, []);
}

#[track_caller]
pub(super) fn check_warnings(merged: &Merged, expected: &[&str]) {
    let found = &merged.resultant.warnings;
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found}");
    }
}
