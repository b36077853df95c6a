//! What GPOs set, as it lies in SYSVOL and below their containers: read once, shared by all plans.

use std::collections::HashMap;
use std::sync::Arc;

use crate::extension::HalfContents;
use crate::ident::{Dn, GpoVersion};
use crate::report::Side;

use super::merge::HalfSettings;

/// What the GPOs of a forest set, by the DN of their container. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    policies: Arc<HashMap<Dn, Arc<GpoPolicy>>>,
}

/// What one GPO sets.
#[derive(Debug)]
pub struct GpoPolicy {
    /// What its `GPT.INI` says.
    pub template: TemplateState,
    /// The computer half.
    pub computer: HalfPolicy,
    /// The user half.
    pub user: HalfPolicy,
}

/// What one half of a GPO sets.
#[derive(Debug)]
pub struct HalfPolicy {
    /// Its files and objects.
    pub contents: HalfContents,
    /// Its settings, prepared for merging.
    pub settings: HalfSettings,
}

/// What is known of a `GPT.INI`. A client needs its section `[General]` and the value `Version` in it ([MS-GPOL] 2.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateState {
    /// Its version.
    Version(GpoVersion),
    /// The folder or the file is not there.
    Missing,
    /// It has no `[General]` or no `Version` that is a number.
    NoVersion,
    /// It could not be read; the reason in words.
    Unreadable(String),
}

impl Policies {
    /// Returns the policies of some GPOs, by the DN of their container.
    pub fn new(policies: impl IntoIterator<Item = (Dn, GpoPolicy)>) -> Self {
        Policies::of_shared(policies.into_iter().map(|(dn, policy)| (dn, Arc::new(policy))))
    }

    /// Returns the policies of some GPOs that others use too, by the DN of their container.
    pub fn of_shared(policies: impl IntoIterator<Item = (Dn, Arc<GpoPolicy>)>) -> Self {
        Policies { policies: Arc::new(policies.into_iter().collect()) }
    }

    /// Returns what a GPO sets; none where it was not read.
    pub fn get(&self, gpo: &Dn) -> Option<&GpoPolicy> {
        self.policies.get(gpo).map(Arc::as_ref)
    }
}

impl GpoPolicy {
    /// Returns a half.
    pub fn half(&self, side: Side) -> &HalfPolicy {
        match side {
            Side::Computer => &self.computer,
            Side::User => &self.user,
        }
    }
}

impl HalfPolicy {
    /// Prepares a half for merging.
    pub fn new(side: Side, contents: HalfContents) -> Self {
        let settings = HalfSettings::prepare(side, &contents);
        HalfPolicy { contents, settings }
    }
}
