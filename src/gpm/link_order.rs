//! The order in which links take effect: link order, enforcing, blocked inheritance ([MS-GPOL] 3.2.5.1.5, `operations.md` 7.2).
//!
//! One function says it for everybody: the Group Policy Inheritance tab and the plan of a user or computer.

use super::{GpoLink, Som};

/// A link of one of the SOMs that an object lies in.
#[derive(Clone, Copy, Debug)]
pub struct ScopedLink<'a> {
    /// Position of its SOM in the chain that was given.
    pub position: usize,
    /// The link.
    pub link: &'a GpoLink,
    /// Whether it reaches the object.
    pub effect: LinkEffect,
}

/// Whether a link reaches an object below its SOM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEffect {
    /// It does.
    Reaches,
    /// It is disabled, or damaged.
    Disabled,
    /// A SOM below it blocks inheritance, and it is not enforced.
    Blocked {
        /// Position of that SOM in the chain; of several, the one nearest to the object.
        by: usize,
    },
}

/// Returns the links of a chain of SOMs, the one nearest to the object first, in the order in which they are applied: the last wins.
/// Links that do not reach the object stand where they would have stood.
///
/// A client applies the ordinary links from the far end of the chain to the near one, then the enforced ones the other way round, so that the
/// farthest enforced link wins over all. Within one SOM, link order 1 comes last. A SOM that blocks cuts off those behind it, not itself.
pub fn links_in_order<'a>(chain: &[&'a Som]) -> Vec<ScopedLink<'a>> {
    let blocking = chain.iter().position(|som| som.inheritance_blocked);
    let effect = |position: usize, link: &GpoLink| match blocking {
        _ if !link.enabled => LinkEffect::Disabled,
        Some(by) if by < position && !link.enforced => LinkEffect::Blocked { by },
        _ => LinkEffect::Reaches,
    };
    let links = |position: usize, enforced: bool| {
        let links = chain[position].links.iter().rev().filter(move |link| link.enforced == enforced);
        links.map(move |link| ScopedLink { position, link, effect: effect(position, link) })
    };
    let ordinary = (0..chain.len()).rev().flat_map(|position| links(position, false));
    let enforced = (0..chain.len()).flat_map(|position| links(position, true));
    ordinary.chain(enforced).collect()
}
