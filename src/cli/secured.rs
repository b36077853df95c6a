//! Which object's permissions are meant: a kind of object and, where there are several of it, a name.

use clap::{Args, ValueEnum};

use crate::gpm::{Domain, ForestSnapshot};
use crate::ident::DnsName;
use crate::operation::admin::security::Secured;

use super::session::check_domain;
use super::{Session, UsageError, gpo, som, starter_gpo, wmi_filter};

/// The kinds of objects that have permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A GPO
    Gpo,
    /// A site, domain or organizational unit
    Som,
    /// The creation of GPOs in a domain
    GpoCreation,
    /// A WMI filter
    WmiFilter,
    /// All WMI filters of a domain: who may create them
    WmiFilters,
    /// A starter GPO
    StarterGpo,
    /// All starter GPOs of a domain: who may create them
    StarterGpos,
}

/// The object whose permissions are meant
#[derive(Clone, Debug, Args)]
pub struct SecuredArguments {
    /// What kind of object it is
    pub kind: Kind,
    /// Its name or GUID; of a site, domain or OU its DN or path. Nothing for what a domain has one of
    #[arg(value_name = "NAME|GUID|DN", required_if_eq_any = [("kind", "gpo"), ("kind", "som"), ("kind", "wmi-filter"), ("kind", "starter-gpo")])]
    pub name: Option<String>,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<DnsName>,
}

impl SecuredArguments {
    /// Finds the object; returns it with what people call it.
    ///
    /// # Errors
    /// Fails where there is no such object, or several.
    pub async fn find(
        &self,
        session: &Session,
        domain: &Domain,
        forest: &ForestSnapshot,
    ) -> anyhow::Result<(Secured, String)> {
        check_domain(forest, self.domain.as_ref())?;
        let own = domain.name().clone();
        let name = self.name.as_deref().unwrap_or_default();
        let is_named = matches!(self.kind, Kind::Gpo | Kind::Som | Kind::WmiFilter | Kind::StarterGpo);
        if !is_named && self.name.is_some() {
            let message = format!("a domain has only one of these; say which domain by --domain instead of `{name}`");
            return Err(UsageError(message).into());
        }
        Ok(match self.kind {
            Kind::Gpo => {
                let gpo = gpo::find(forest, name, self.domain.as_ref(), &own)?;
                (Secured::Gpo(gpo.domain.clone(), gpo.id), gpo.display_name.clone())
            }
            Kind::Som => {
                let (_, _, som) = som::find(forest, name)?;
                (Secured::Som(som.kind, som.dn.clone()), som.dn.canonical_name())
            }
            Kind::WmiFilter => {
                let filter = wmi_filter::find(forest, name, self.domain.as_ref())?;
                (Secured::WmiFilter(filter.domain.clone(), filter.id), filter.name.clone())
            }
            Kind::StarterGpo => {
                let found = session.task.or_cancel(domain.starter_gpos()).await??;
                let starter = starter_gpo::find(&found.values, name)?;
                (Secured::StarterGpo(own, starter.id), starter.display_name.clone())
            }
            Kind::GpoCreation => (Secured::GpoCreation(own.clone()), format!("the GPOs of {own}")),
            Kind::WmiFilters => (Secured::WmiFilters(own.clone()), format!("the WMI filters of {own}")),
            Kind::StarterGpos => (Secured::StarterGpos(own.clone()), format!("the starter GPOs of {own}")),
        })
    }
}
