//! The scope tree as a flat list of rows: which nodes are visible, in which order, how deep (`console-ui.md` 2.1).
//!
//! Built only when the forests, the open nodes or the filter change; a row is a few numbers, so that a forest of 100,000
//! OUs is flattened in some milliseconds and drawn row by row.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::gpm::{DomainSnapshot, Som};

use super::super::stored_query::QueryKind;
use super::super::{Face, FileId, ForestEntry, Lazy, Node, OpenForest, OpenedFile, Place, Shown};

/// A visible row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    kind: Kind,
    forest: u32,
    /// How deep it stands; the root at 0.
    pub depth: u16,
    /// Whether there is something below it, and whether that is shown.
    pub children: Children,
    /// Its place among its siblings, counted from 0.
    pub position: u32,
    /// The number of its siblings, itself included.
    pub siblings: u32,
}

/// Whether something lies below a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Children {
    /// Nothing does.
    None,
    /// Something does and is not shown.
    Closed,
    /// Something does and is shown.
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Root,
    Forest,
    Domains,
    Domain(u32),
    Ou(u32, u32),
    DomainLink(u32, u32, u32),
    Gpos(u32),
    Gpo(u32, u32),
    WmiFilters(u32),
    WmiFilter(u32, u32),
    StarterGpos(u32),
    StarterGpo(u32, u32),
    Sites,
    Site(u32),
    SiteLink(u32, u32),
    Queries(QueryKind),
    Query(QueryKind, u32),
    Files,
    File(FileId),
    InFile(FileId, u32),
    /// What stands below a forest, domain or container of starter GPOs whose contents are not there.
    ForestPending,
    DomainPending(u32),
    StartersPending(u32),
}

/// Returns the visible rows: those whose nodes above are all open.
pub fn visible_rows(shown: Shown<'_>, open: &HashSet<Node>) -> Vec<Row> {
    flatten(shown, Openness::Chosen(open))
}

/// Returns every row there is, as if all nodes were open.
pub fn all_rows(shown: Shown<'_>) -> Vec<Row> {
    flatten(shown, Openness::All)
}

impl Row {
    /// Returns the node that this row shows.
    pub fn node(&self, shown: Shown<'_>) -> Node {
        match self.kind {
            Kind::Root => return Node::Root,
            Kind::Files => return Node::Files,
            Kind::File(id) => return Node::File(id),
            Kind::InFile(id, item) => return Node::InFile(id, item as usize),
            _ => {}
        }
        let Some(entry) = shown.forests.get(self.forest as usize) else { return Node::Root };
        let place = entry.open().and_then(|forest| self.place(forest)).unwrap_or(Place::Forest);
        let node = Node::In(entry.id, place);
        match self.kind {
            Kind::ForestPending | Kind::DomainPending(_) | Kind::StartersPending(_) => Node::Pending(Box::new(node)),
            _ => node,
        }
    }

    /// Returns the label of that node, as [`Face::of`] does, without making the node where that costs.
    pub(super) fn label<'a>(&self, shown: Shown<'a>) -> Cow<'a, str> {
        let forest = shown.forests.get(self.forest as usize).and_then(ForestEntry::open);
        let label = forest.and_then(|forest| self.label_of_many(forest));
        label.unwrap_or_else(|| Face::of(&self.node(shown), shown).label.into())
    }

    /// Returns the label of the kinds of nodes there may be very many of.
    fn label_of_many<'a>(&self, forest: &'a OpenForest) -> Option<Cow<'a, str>> {
        let domain = |index: u32| forest.snapshot.domains.get(index as usize);
        match self.kind {
            Kind::Ou(index, som) => Some(domain(index)?.soms.get(som as usize)?.name.as_str().into()),
            Kind::DomainLink(index, som, link) => {
                let som = domain(index)?.soms.get(som as usize)?;
                Some(forest.link_label(som.links.get(link as usize)?).into())
            }
            Kind::Gpo(index, gpo) => Some(forest.gpo_label(domain(index)?.gpos.get(gpo as usize)?).into()),
            _ => None,
        }
    }

    fn place(&self, forest: &OpenForest) -> Option<Place> {
        let snapshot = &forest.snapshot;
        let domain = |index: u32| snapshot.domains.get(index as usize);
        Some(match self.kind {
            Kind::Root | Kind::Files | Kind::File(_) | Kind::InFile(..) => return None,
            Kind::Forest | Kind::ForestPending => Place::Forest,
            Kind::Domains => Place::Domains,
            Kind::Sites => Place::Sites,
            Kind::Domain(index) | Kind::DomainPending(index) => Place::Domain(domain(index)?.name.clone()),
            Kind::Ou(index, som) => Place::Ou(domain(index)?.soms.get(som as usize)?.dn.clone()),
            Kind::DomainLink(index, som, link) => link_of(domain(index)?.soms.get(som as usize)?, link)?,
            Kind::Gpos(index) => Place::Gpos(domain(index)?.name.clone()),
            Kind::Gpo(index, gpo) => {
                let gpo = domain(index)?.gpos.get(gpo as usize)?;
                Place::Gpo { domain: domain(index)?.name.clone(), id: gpo.id }
            }
            Kind::WmiFilters(index) => Place::WmiFilters(domain(index)?.name.clone()),
            Kind::WmiFilter(index, filter) => {
                let filter = domain(index)?.wmi_filters.get(filter as usize)?;
                Place::WmiFilter { domain: domain(index)?.name.clone(), id: filter.id }
            }
            Kind::StarterGpos(index) | Kind::StartersPending(index) => Place::StarterGpos(domain(index)?.name.clone()),
            Kind::StarterGpo(index, starter) => {
                let name = &domain(index)?.name;
                let starter = forest.starter_gpos(name).get(starter as usize)?;
                Place::StarterGpo { domain: name.clone(), id: starter.id }
            }
            Kind::Site(site) => Place::Site(snapshot.sites.get(site as usize)?.dn.clone()),
            Kind::SiteLink(site, link) => link_of(snapshot.sites.get(site as usize)?, link)?,
            Kind::Queries(kind) => kind.container(),
            Kind::Query(kind, query) => forest.queries.of(kind).nth(query as usize)?.place(),
        })
    }
}

fn link_of(som: &Som, link: u32) -> Option<Place> {
    som.links.get(link as usize).map(|link| Place::Link { som: som.dn.clone(), order: link.order })
}

#[derive(Clone, Copy)]
enum Openness<'a> {
    Chosen(&'a HashSet<Node>),
    All,
}

impl Openness<'_> {
    fn is_open(self, node: impl FnOnce() -> Node) -> bool {
        match self {
            Openness::Chosen(open) => open.contains(&node()),
            Openness::All => true,
        }
    }
}

struct Builder<'a> {
    rows: Vec<Row>,
    openness: Openness<'a>,
    forest_index: u32,
}

fn flatten(shown: Shown<'_>, openness: Openness<'_>) -> Vec<Row> {
    let mut builder = Builder { rows: Vec::new(), openness, forest_index: 0 };
    if builder.push(Kind::Root, 0, !shown.forests.is_empty() || !shown.files.is_empty(), || Node::Root) {
        for (index, entry) in shown.forests.iter().enumerate() {
            builder.forest_index = index as u32;
            builder.forest(entry);
        }
        builder.files(shown.files);
    }
    number_siblings(&mut builder.rows);
    builder.rows
}

impl Builder<'_> {
    /// Adds a row; tells whether what lies below it is to be added too.
    fn push(&mut self, kind: Kind, depth: u16, has_children: bool, node: impl FnOnce() -> Node) -> bool {
        let children = match has_children {
            false => Children::None,
            true if self.openness.is_open(node) => Children::Open,
            true => Children::Closed,
        };
        self.rows.push(Row { kind, forest: self.forest_index, depth, children, position: 0, siblings: 0 });
        children == Children::Open
    }

    fn leaf(&mut self, kind: Kind, depth: u16) {
        let row = Row { kind, forest: self.forest_index, depth, children: Children::None, position: 0, siblings: 0 };
        self.rows.push(row);
    }

    /// Adds the row that stands for what is not there, where the nodes that a person opened are shown: there is nothing in it to find.
    fn pending(&mut self, kind: Kind, depth: u16) {
        if let Openness::Chosen(_) = self.openness {
            self.leaf(kind, depth);
        }
    }

    fn forest(&mut self, entry: &ForestEntry) {
        let id = entry.id;
        if !self.push(Kind::Forest, 1, true, || Node::In(id, Place::Forest)) {
            return;
        }
        let Some(forest) = entry.open() else { return self.pending(Kind::ForestPending, 2) };
        let snapshot = &forest.snapshot;
        if self.push(Kind::Domains, 2, !snapshot.domains.is_empty(), || Node::In(id, Place::Domains)) {
            let shown = |(_, domain): &(usize, &DomainSnapshot)| forest.view.shows_domain(&domain.name);
            for (index, domain) in snapshot.domains.iter().enumerate().filter(shown) {
                self.domain(forest, index as u32, domain);
            }
        }
        let shown = |(_, site): &(usize, &Som)| forest.view.shows_site(&site.dn);
        let any_site = snapshot.sites.iter().enumerate().any(|site| shown(&site));
        if self.push(Kind::Sites, 2, any_site, || Node::In(id, Place::Sites)) {
            for (index, site) in snapshot.sites.iter().enumerate().filter(shown) {
                let index = index as u32;
                if self
                    .push(Kind::Site(index), 3, !site.links.is_empty(), || Node::In(id, Place::Site(site.dn.clone())))
                {
                    for link in 0..site.links.len() {
                        self.leaf(Kind::SiteLink(index, link as u32), 4);
                    }
                }
            }
        }
        for kind in [QueryKind::Modeling, QueryKind::Results] {
            let queries = forest.queries.of(kind).count();
            if self.push(Kind::Queries(kind), 2, queries > 0, || Node::In(id, kind.container())) {
                for query in 0..queries {
                    self.leaf(Kind::Query(kind, query as u32), 3);
                }
            }
        }
    }

    fn domain(&mut self, forest: &OpenForest, index: u32, domain: &DomainSnapshot) {
        let id = forest.id;
        let name = &domain.name;
        if !self.push(Kind::Domain(index), 3, true, || Node::In(id, Place::Domain(name.clone()))) {
            return;
        }
        if domain.soms.is_empty() {
            return self.pending(Kind::DomainPending(index), 4);
        }
        self.soms(forest, index, domain);
        if self.push(Kind::Gpos(index), 4, !domain.gpos.is_empty(), || Node::In(id, Place::Gpos(name.clone()))) {
            for gpo in 0..domain.gpos.len() {
                self.leaf(Kind::Gpo(index, gpo as u32), 5);
            }
        }
        let has_filters = !domain.wmi_filters.is_empty();
        if self.push(Kind::WmiFilters(index), 4, has_filters, || Node::In(id, Place::WmiFilters(name.clone()))) {
            for filter in 0..domain.wmi_filters.len() {
                self.leaf(Kind::WmiFilter(index, filter as u32), 5);
            }
        }
        let starters = forest.starter_gpos(name).len();
        // Until they were looked at, nobody knows: opening the node is what makes the console look.
        let are_known = matches!(forest.details.starter_gpos(name), Lazy::Ready(_));
        let may_have_starters = starters > 0 || !are_known;
        if self.push(Kind::StarterGpos(index), 4, may_have_starters, || Node::In(id, Place::StarterGpos(name.clone())))
        {
            if starters == 0 {
                self.pending(Kind::StartersPending(index), 5);
            }
            for starter in 0..starters {
                self.leaf(Kind::StarterGpo(index, starter as u32), 5);
            }
        }
    }

    /// What was opened from disk; nothing where nothing was.
    fn files(&mut self, files: &[OpenedFile]) {
        if files.is_empty() || !self.push(Kind::Files, 1, true, || Node::Files) {
            return;
        }
        for file in files {
            let several = if file.has_own_report() { 0 } else { file.items().len() };
            if self.push(Kind::File(file.id), 2, several > 0, || Node::File(file.id)) {
                for item in 0..several {
                    self.leaf(Kind::InFile(file.id, item as u32), 3);
                }
            }
        }
    }

    /// The links and OUs of a domain. The SOMs stand in tree order, so what is hidden below a closed OU follows it.
    fn soms(&mut self, forest: &OpenForest, index: u32, domain: &DomainSnapshot) {
        let mut hidden_below: Option<usize> = None;
        for (som_index, som) in domain.soms.iter().enumerate() {
            if hidden_below.is_some_and(|depth| som.depth > depth) {
                continue;
            }
            hidden_below = None;
            let depth = (som.depth + 3).min(usize::from(u16::MAX) - 1) as u16;
            let som_number = som_index as u32;
            if som_index > 0 {
                let has_ous = domain.soms.get(som_index + 1).is_some_and(|next| next.depth > som.depth);
                let kind = Kind::Ou(index, som_number);
                let node = || Node::In(forest.id, Place::Ou(som.dn.clone()));
                if !self.push(kind, depth, has_ous || !som.links.is_empty(), node) {
                    hidden_below = Some(som.depth);
                    continue;
                }
            }
            for link in 0..som.links.len() {
                self.leaf(Kind::DomainLink(index, som_number, link as u32), depth + 1);
            }
        }
    }
}

pub(super) fn number_siblings(rows: &mut [Row]) {
    // Per depth: the rows of the group of siblings that is being counted.
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let close = |rows: &mut [Row], group: &mut Vec<u32>| {
        let siblings = group.len() as u32;
        for (position, index) in group.drain(..).enumerate() {
            let row = &mut rows[index as usize];
            (row.position, row.siblings) = (position as u32, siblings);
        }
    };
    for index in 0..rows.len() {
        let depth = usize::from(rows[index].depth);
        if groups.len() <= depth {
            groups.resize_with(depth + 1, Vec::new);
        }
        for group in &mut groups[depth + 1..] {
            close(rows, group);
        }
        groups[depth].push(index as u32);
    }
    for group in &mut groups {
        close(rows, group);
    }
}
