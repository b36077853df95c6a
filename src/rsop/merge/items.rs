//! Settings with a key: what a half has of them.

use std::sync::Arc;

use crate::ident::Guid;

use super::key::Key;
use super::preferences::Act;
use super::resultant::OnLoss;

/// A setting of a half.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// What it is.
    pub key: Key,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it sets, for people.
    pub value: Arc<str>,
    /// What becomes of it once it is gone.
    pub on_loss: Option<OnLoss>,
    /// How it is put together with others of its key.
    pub rule: ItemRule,
    /// The elements of the extension that say it, by their places.
    pub elements: Vec<usize>,
}

/// How settings with the same key are put together.
#[derive(Clone, Debug)]
pub(super) enum ItemRule {
    /// The last one wins.
    Last,
    /// The last one wins; it is a value of the registry, which policy may have set before.
    OfRegistry(RegistryTarget),
    /// All count.
    United,
    /// All count, except on systems that take the last one ([MS-GPAC] note 7).
    UnitedOnNewSystems,
    /// The last one wins. On a domain controller only what GPOs linked to the domain set counts.
    OfAccounts(Accounts),
    /// The members of a group: the last list wins, and those who are made members by [`ItemRule::MemberOf`] come to it.
    Members {
        /// The group, in lower case.
        group: String,
    },
    /// Makes somebody a member of groups; all count.
    MemberOf {
        /// Who, for people.
        member: String,
        /// The groups, in lower case.
        groups: Vec<String>,
    },
    /// Scripts: all run, in order.
    Scripts {
        /// The list where scripts of PowerShell run first; the item's value has them last.
        power_shell_first: Arc<str>,
        /// Whether they do; none where the half does not say.
        first: Option<bool>,
    },
    /// A package, and those it upgrades.
    Package {
        /// Ids of the packages it upgrades.
        upgrades: Vec<Guid>,
    },
    /// A preference acts on what it names.
    Preference(Act),
}

/// A value of the registry that another extension than Registry writes.
#[derive(Clone, Debug)]
pub(super) struct RegistryTarget {
    /// The key of the setting that policy has for it.
    pub key: Key,
    /// The data for people, as [`super::registry::shown`] says it.
    pub shown: Arc<str>,
}

/// What a setting of accounts concerns.
#[derive(Clone, Debug)]
pub(super) enum Accounts {
    /// Settings of the account database alone: on other computers they govern local accounts, and beside those stand the domain's
    /// own, with this key and name.
    Policy {
        /// Key of the setting for the domain's accounts.
        domain_key: Key,
        /// Its name for people.
        domain_name: Arc<str>,
    },
    /// An option that domain controllers take from the domain's GPOs too.
    Option,
}

/// What a part of a half holds.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// The settings, in the order in which they act.
    pub items: Vec<Item>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What is not as it should be although it is read, in words.
    pub notes: Vec<String>,
    /// Whether clients stop the extension behind these settings, because of an error.
    pub stops: bool,
}

/// A part that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// The file or object.
    pub file: String,
    /// What is wrong.
    pub message: String,
}
