//! What the scope tree holds and how its nodes are marked.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Face, Node, Place, Shown};
use opengpmc::gpm::{Som, SomType};
use opengpmc::store::{Filter, Scope, SearchRequest};

use crate::console::{Console, demo_of_size, go_to, settle};
use crate::links::wait_for_links;
use crate::screens::{gpo, root};

fn tall() -> Console {
    demo_of_size([1500.0, 4000.0])
}

fn expand_all(console: &mut Console) {
    console.state_mut().ask(Command::ExpandAll(Node::Root));
    settle(console);
}

/// A node of the tree in view: its level, its label, what is said besides, and how many stand beside it.
#[derive(Debug, PartialEq)]
struct Item {
    level: usize,
    label: String,
    states: String,
}

fn items(console: &Console) -> Vec<Item> {
    let items = console.query_all_by_role(Role::TreeItem);
    let item = |node: egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        Item {
            level: node.data().level().unwrap_or_default(),
            label: node.label().unwrap_or_default(),
            states: node.description().unwrap_or_default(),
        }
    };
    items.map(item).collect()
}

/// Returns what stands below the node of that label and level, as long as it is deeper.
fn below(items: &[Item], level: usize, label: &str) -> Vec<(usize, String)> {
    let start = items.iter().position(|item| item.level == level && item.label == label).expect(label) + 1;
    let below = items[start..].iter().take_while(|item| item.level > level);
    below.map(|item| (item.level - level, item.label.clone())).collect()
}

/// Returns how many shapes, words left out, a node of the tree is drawn with. There is more than one of the name: of the one said to be so.
fn shapes(console: &Console, label: &str, states: &str) -> usize {
    let nodes = console.query_all_by_role_and_label(Role::TreeItem, label);
    let mut found = nodes.filter(|node| node.accesskit_node().description().unwrap_or_default() == states);
    let row = found.next().unwrap_or_else(|| panic!("{label}: {states}")).rect();
    let is_word = |shape: &egui::Shape| matches!(shape, egui::Shape::Text(_) | egui::Shape::Noop);
    let is_mark = |shape: &&egui::Shape| {
        let place = shape.visual_bounding_rect();
        !is_word(shape) && place.is_positive() && row.expand(1.0).contains_rect(place) && place.width() < 24.0
    };
    fn flat<'s>(shape: &'s egui::Shape, found: &mut Vec<&'s egui::Shape>) {
        match shape {
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| flat(shape, found)),
            shape => found.push(shape),
        }
    }
    let mut all = Vec::new();
    console.output().shapes.iter().for_each(|clipped| flat(&clipped.shape, &mut all));
    all.into_iter().filter(is_mark).count()
}

/// Returns the face of a place of the demo forest.
fn face(console: &Console, place: &Place) -> Face {
    let id = console.state().forests()[0].id;
    Face::of(&Node::In(id, place.clone()), Shown::forests(console.state().forests()))
}

#[test]
fn only_containers_that_can_have_links_stand_in_the_tree() {
    let mut console = tall();
    expand_all(&mut console);
    let forest = console.state().forests()[0].open().unwrap();
    let store = Arc::clone(&forest.store);
    let domain = forest.snapshot.domain(&root()).unwrap();
    // What the directory has right below the domain.
    let request = SearchRequest {
        base: domain.dn.clone(),
        scope: Scope::OneLevel,
        filter: Filter::Present("objectClass".to_owned()),
        attributes: vec!["objectClass".to_owned()],
        sd_parts: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entries = runtime.block_on(async { store.directory().search(&request).await }).unwrap();
    let (ous, others): (Vec<_>, Vec<_>) =
        entries.iter().map(|entry| entry.dn.clone()).partition(|dn| dn.as_str().starts_with("OU="));
    let names = |dns: &[opengpmc::ident::Dn]| dns.iter().map(|dn| dn.name()).collect::<BTreeSet<_>>();
    let (ous, others) = (names(&ous), names(&others));
    assert!(["Users", "Computers", "Builtin", "System"].iter().all(|name| others.contains(*name)), "{others:?}");
    // What the tree shows there, links and the three containers of the console aside.
    let links: BTreeSet<String> = domain.som().unwrap().links.iter().map(|link| forest.link_label(link)).collect();
    let own = ["Group Policy Objects", "WMI Filters", "Starter GPOs"];
    let shown: BTreeSet<String> = below(&items(&console), 3, "kestrelbay.example")
        .into_iter()
        .filter(|(depth, label)| *depth == 1 && !links.contains(label) && !own.contains(&label.as_str()))
        .map(|(_, label)| label)
        .collect();
    assert_eq!(shown, ous);
    // Everything of the forest that the tree shows and that holds something of a directory can have links.
    for domain in &forest.snapshot.domains {
        assert!(domain.soms.iter().all(|som| matches!(som.kind, SomType::Domain | SomType::Ou)));
    }
}

#[test]
fn a_site_stands_in_the_tree_with_its_links_in_link_order() {
    let mut console = tall();
    let forest = console.state().forests()[0].open().unwrap();
    let most = |sites: &[Som]| sites.iter().max_by_key(|site| site.links.len()).unwrap().clone();
    let site = most(&forest.snapshot.sites);
    let links: Vec<(usize, String)> = site.links.iter().map(|link| (1, forest.link_label(link))).collect();
    assert!(!links.is_empty());
    go_to(&mut console, Place::Site(site.dn.clone()));
    let id = console.state().forests()[0].id;
    console.state_mut().ask(Command::ExpandAll(Node::In(id, Place::Sites)));
    settle(&mut console);
    assert_eq!(below(&items(&console), 3, &site.name), links);
    // Each is selected as the link that it is.
    let link = Place::Link { som: site.dn.clone(), order: 1 };
    console.state_mut().ask(Command::Select(Node::In(id, link.clone())));
    settle(&mut console);
    console.get_by_role_and_label(Role::Heading, &links[0].1);
    assert!(face(&console, &link).states.contains(&"Link"));
}

#[test]
fn links_bear_a_shortcut_arrow_a_padlock_and_a_bar_alone_and_together() {
    const HULL: &str = "Hull Scanner Agent";
    let mut console = tall();
    let domain = root().to_domain_dn();
    let before = ["Default Domain Policy", "Baseline - All Computers", "Hull Scanner Agent-"];
    wait_for_links(&mut console, &domain, &before);
    expand_all(&mut console);
    let link = Place::Link { som: domain.clone(), order: 3 };
    let plain = gpo(&console, HULL);
    go_to(&mut console, link.clone());
    // The GPO is no link: a scroll and nothing else.
    let of_gpo = face(&console, &plain).icon;
    assert!(!of_gpo.shortcut && !of_gpo.enforced && !of_gpo.dimmed);
    let scroll = shapes(&console, HULL, "");
    let mut check = |change: Option<&str>, states: &str, padlock: bool, bar: bool| {
        if let Some(command) = change {
            crate::backups::click(&mut console, "Action");
            console.get_by_role_and_label(Role::MenuItemCheckBox, command).click();
            console.run_steps(6);
            settle(&mut console);
        }
        let icon = face(&console, &link).icon;
        assert_eq!((icon.shortcut, icon.enforced, icon.dimmed), (true, padlock, bar), "{states}");
        assert_eq!(icon.icon, of_gpo.icon, "the scroll of the GPO below");
        shapes(&console, HULL, states)
    };
    let disabled = check(None, "Link, Link disabled", false, true);
    let both = check(Some("Enforced"), "Link, Link disabled, Enforced", true, true);
    let enforced = check(Some("Link Enabled"), "Link, Enforced", true, false);
    let enabled = check(Some("Enforced"), "Link", false, false);
    // Each is a shape of its own, so that none is told by its colour alone.
    assert!(enabled > scroll, "the shortcut arrow: {enabled} > {scroll}");
    assert!(enforced > enabled, "the padlock: {enforced} > {enabled}");
    assert!(disabled > enabled, "the bar: {disabled} > {enabled}");
    assert_eq!(both - enabled, (enforced - enabled) + (disabled - enabled), "both");
}

/// Returns the states that the tree tells of nodes with this label.
fn states(console: &Console, label: &str) -> Vec<String> {
    items(console).into_iter().filter(|item| item.label == label).map(|item| item.states).collect()
}

#[test]
fn a_gpo_that_may_not_be_read_is_shown_as_such() {
    const INACCESSIBLE: &str = "Inaccessible";
    let mut console = tall();
    let forest = console.state().forests()[0].open().unwrap();
    let domain = forest.snapshot.domain(&root()).unwrap();
    let hidden: Vec<_> = domain.gpos.iter().filter(|gpo| gpo.inaccessible).map(|gpo| gpo.id).collect();
    assert_eq!(hidden.len(), 1);
    let label = forest.gpo_label(domain.gpo(hidden[0]).unwrap());
    assert!(label.starts_with(INACCESSIBLE), "{label}");
    // In the tree below its container, with the sign of a fault and its words.
    let id = forest.id;
    go_to(&mut console, Place::Gpos(root()));
    console.state_mut().ask(Command::ExpandAll(Node::In(id, Place::Gpos(root()))));
    settle(&mut console);
    assert_eq!(states(&console, &label), [INACCESSIBLE]);
    let place = Place::Gpo { domain: root(), id: hidden[0] };
    assert!(face(&console, &place).icon.failed);
    // In the list of the container.
    crate::console::open_tab(&mut console, "Contents");
    crate::backups::put(&mut console, "Filter Group Policy Objects", INACCESSIBLE);
    console.run_steps(6);
    assert_eq!(crate::support::rows(&console, "Group Policy Objects"), [label.as_str()]);
    // And by itself: it says that it may not be read, and not that it is gone.
    go_to(&mut console, place);
    console.get_by_role_and_label(Role::Heading, &label);
    assert!(console.query_all_by_label_contains("may not").next().is_some());
    assert!(console.query_by_label_contains("is gone").is_none());
}

#[test]
fn a_gpo_with_one_half_is_marked_everywhere() {
    const NAME: &str = "Broken - Directory Only";
    const MISSING: &str = "SYSVOL half missing";
    let mut console = tall();
    let place = gpo(&console, NAME);
    let id = console.state().forests()[0].id;
    console.state_mut().ask(Command::ExpandAll(Node::In(id, Place::Gpos(root()))));
    // Nobody looked at SYSVOL yet; looking at the GPOs does.
    go_to(&mut console, Place::Gpos(root()));
    crate::console::open_tab(&mut console, "Contents");
    assert_eq!(states(&console, NAME), [MISSING]);
    assert!(face(&console, &place).icon.failed);
    let whole = gpo(&console, "Default Domain Policy");
    assert!(!face(&console, &whole).icon.failed);
    // Both kinds of halves are listed with what they lack: one of the directory, one of SYSVOL.
    let halves = "Halves of GPOs";
    let listed = crate::support::rows(&console, halves);
    assert_eq!((listed.len(), listed[1].as_str()), (2, NAME));
    assert_eq!(crate::support::cells(&console, halves, &listed[0])[1], "The GPO in the directory");
    assert_eq!(crate::support::cells(&console, halves, NAME)[1], "The folder in SYSVOL");
    // The GPO itself says so.
    go_to(&mut console, place);
    console.get_by_label_contains("The SYSVOL half is missing");
}
