//! Why a plan came out as it did: every link in scope with its verdict, and every setting with all who set it.
//!
//! A report of the resultant set has no place for what lost, so this is kept beside it, in words: it tells what was so when the query was
//! run, also after the forest has changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ident::Sid;
use crate::report::{Block, Document, Row, Section, Side, Table};
use crate::rsop::merge::ResultantSetting;
use crate::rsop::{Candidate, NameOf, Plan, Reason, SidePlan, Verdict};

/// What a plan explains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Why loopback is as it is; empty where nothing is to be told.
    pub loopback: String,
    /// The sides that were planned.
    pub sides: Vec<ExplainedSide>,
}

/// One side of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedSide {
    /// Which side.
    pub side: Side,
    /// What is to be known of it: why the whole side fails, what is not certain.
    pub notes: Vec<String>,
    /// The links in scope, in the order of application: the last that applies wins.
    pub links: Vec<ExplainedLink>,
    /// The settings.
    pub settings: Vec<ExplainedSetting>,
}

/// A link in scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedLink {
    /// Name of the GPO.
    pub gpo: String,
    /// Its place among those that apply; none where it does not.
    pub order: Option<usize>,
    /// What becomes of it and why, in words.
    pub outcome: String,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedSetting {
    /// Name of the extension.
    pub extension: String,
    /// Its name.
    pub name: String,
    /// What it comes to.
    pub value: String,
    /// Whether what all set is put together.
    pub united: bool,
    /// Who set it and to what, the winner first.
    pub sources: Vec<(String, String)>,
}

impl Explained {
    /// Explains a plan.
    pub fn new(plan: &Plan, name_of: NameOf<'_>) -> Self {
        let sides = [&plan.computer, &plan.user].into_iter().flatten();
        let loopback = if plan.user.is_some() { plan.loopback.explain() } else { String::new() };
        Explained { loopback, sides: sides.map(|side| explain_side(side, name_of)).collect() }
    }

    /// Returns all principals that the explanation of a plan names.
    pub fn principals(plan: &Plan) -> Vec<Sid> {
        let sides = [&plan.computer, &plan.user].into_iter().flatten();
        let candidates = sides.flat_map(|side| &side.candidates);
        let named = candidates.filter_map(|candidate| match candidate.verdict.reason() {
            Some(Reason::Security { by } | Reason::NotReadable { by }) => by.clone(),
            _ => candidate.granted_by.clone(),
        });
        named.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns why each GPO applies or does not, as a document.
    pub fn links_document(&self, title: &str) -> Document {
        let mut sections = Vec::new();
        if !self.loopback.is_empty() {
            sections.push(Section::new("Loopback").opened().with(Block::Text(self.loopback.clone())));
        }
        for side in &self.sides {
            let mut section = Section::new(side.heading()).opened();
            for note in &side.notes {
                section = section.with(Block::Text(note.clone()));
            }
            let mut table = Table::new(&["Order", "GPO", "What Becomes of It"]);
            for link in side.links.iter().rev() {
                let order = link.order.map(|order| order.to_string()).unwrap_or_default();
                let row = Row::new([order, link.gpo.clone(), link.outcome.clone()]);
                table.push(row);
            }
            section = if table.rows.is_empty() {
                section.with(Block::Text("No GPO is linked where it lies.".to_owned()))
            } else {
                section.with(table)
            };
            sections.push(section);
        }
        Document { title: title.to_owned(), collected: String::new(), sections }
    }

    /// Returns who set each setting, with those who lost, as a document.
    pub fn settings_document(&self, title: &str) -> Document {
        let section = |side: &ExplainedSide| {
            let mut section = Section::new(side.heading()).opened();
            if side.settings.is_empty() {
                return section.with(Block::Text("No setting comes of it.".to_owned()));
            }
            let extensions: BTreeSet<&str> = side.settings.iter().map(|setting| setting.extension.as_str()).collect();
            for extension in extensions {
                let mut table = Table::new(&["Setting", "Value", "Winning GPO"]);
                for setting in side.settings.iter().filter(|setting| setting.extension == extension) {
                    table.push(setting.row());
                }
                section = section.with(Block::Section(Section::new(extension).opened().with(table)));
            }
            section
        };
        Document {
            title: title.to_owned(),
            collected: String::new(),
            sections: self.sides.iter().map(section).collect(),
        }
    }
}

impl ExplainedSide {
    fn heading(&self) -> &'static str {
        match self.side {
            Side::Computer => "Computer Configuration",
            Side::User => "User Configuration",
        }
    }
}

impl ExplainedSetting {
    /// Returns its row; those who lost stand below it.
    fn row(&self) -> Row {
        let winner = match (self.united, self.sources.first()) {
            (true, _) => self.sources.iter().map(|(gpo, _)| gpo.as_str()).collect::<Vec<_>>().join(", "),
            (false, winner) => winner.map(|(gpo, _)| gpo.clone()).unwrap_or_default(),
        };
        let mut row = Row::new([self.name.clone(), self.value.clone(), winner]);
        if self.sources.len() > 1 {
            let mut losers = Table::new(&["Precedence", "GPO", "Value"]);
            for (place, (gpo, value)) in self.sources.iter().enumerate() {
                losers.row([(place + 1).to_string(), gpo.clone(), value.clone()]);
            }
            row.details.push(Block::Table(losers));
        }
        row
    }
}

fn explain_side(side: &SidePlan, name_of: NameOf<'_>) -> ExplainedSide {
    let failures = side.failures.iter().map(|failure| {
        let gpo = failure.gpo.as_ref().map_or_else(String::new, |gpo| format!("{}: ", gpo.name));
        format!("Nothing of this side applies. {gpo}{}", failure.problem)
    });
    let link = |candidate: &Candidate| {
        let order = if let Verdict::Applied { order } = candidate.verdict { Some(order) } else { None };
        let outcome = std::iter::once(candidate.explain(name_of)).chain(candidate.warnings.iter().cloned());
        ExplainedLink { gpo: candidate.gpo.name.clone(), order, outcome: outcome.collect::<Vec<_>>().join("\n") }
    };
    let applied: Vec<&str> = side.applied().map(|candidate| candidate.gpo.name.as_str()).collect();
    let gpo = |order: usize| {
        let known = order.checked_sub(1).and_then(|place| applied.get(place));
        known.map_or_else(|| "Another GPO".to_owned(), |name| (*name).to_owned())
    };
    let text = |value: &Option<Arc<str>>| value.as_deref().unwrap_or("(removed)").to_owned();
    let setting = |setting: &ResultantSetting| ExplainedSetting {
        extension: {
            let known = side.extensions.iter().find(|extension| extension.cse == setting.cse);
            known.map_or_else(|| setting.cse.to_string(), |extension| extension.name.clone())
        },
        name: setting.name.to_string(),
        value: text(&setting.value),
        united: setting.united,
        sources: setting.sources.iter().map(|source| (gpo(source.order), text(&source.value))).collect(),
    };
    ExplainedSide {
        side: side.side,
        notes: failures.chain(side.warnings.iter().cloned()).chain(side.resultant.warnings.iter().cloned()).collect(),
        links: side.candidates.iter().map(link).collect(),
        settings: side.resultant.settings.iter().map(setting).collect(),
    }
}
