//! Screens of the running console on the demo forest: a few are compared with stored pictures, and those of the README are made
//! from the same list by `OPENGPMC_SCREENSHOTS=1 cargo test --test gui screenshots`.

use std::path::Path;

use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::Place;
use opengpmc::ident::{Dn, DnsName, Guid};

use crate::console::{Console, demo_of_size, go_to, open_tab};
use crate::picture;

/// A screen: its name, and how to get there.
struct Screen {
    name: &'static str,
    place: fn(&Console) -> Place,
    tab: Option<&'static str>,
    row: Option<&'static str>,
    button: Option<&'static str>,
}

/// The domain that most of the demo forest lies in.
pub fn root() -> DnsName {
    "kestrelbay.example".parse().unwrap()
}

/// Returns the DN of an OU of that domain.
pub fn dn(above_domain: &str) -> Dn {
    format!("{above_domain},DC=kestrelbay,DC=example").parse().unwrap()
}

/// Returns the place of a GPO of that domain, by its name.
pub fn gpo(console: &Console, name: &str) -> Place {
    Place::Gpo { domain: root(), id: gpo_id(console, name) }
}

fn gpo_id(console: &Console, name: &str) -> Guid {
    let forest = console.state().forests()[0].open().expect("the forest is open");
    let domain = forest.snapshot.domain(&root()).expect("the domain is there");
    domain.gpos_named(name).next().unwrap_or_else(|| panic!("there is no GPO named {name}")).id
}

const SCREENS: &[Screen] = &[
    Screen {
        name: "linked-gpos",
        place: |_| Place::Ou(dn("OU=Laptops,OU=Computers,OU=Headquarters")),
        tab: Some("Linked Group Policy Objects"),
        row: Some("1"),
        button: None,
    },
    Screen {
        name: "inheritance",
        place: |_| Place::Ou(dn("OU=Kiosks,OU=Computers,OU=Headquarters")),
        tab: Some("Group Policy Inheritance"),
        row: None,
        button: None,
    },
    Screen {
        name: "gpos",
        place: |_| Place::Gpos(root()),
        tab: Some("Contents"),
        row: Some("Baseline - All Computers"),
        button: None,
    },
    Screen {
        name: "scope",
        place: |console| gpo(console, "Screen Lock - Strict"),
        tab: Some("Scope"),
        row: None,
        button: None,
    },
    Screen {
        name: "details",
        place: |console| gpo(console, "Screen Lock - Strict"),
        tab: Some("Details"),
        row: None,
        button: None,
    },
    Screen {
        name: "settings",
        place: |console| gpo(console, "Baseline - All Computers"),
        tab: Some("Settings"),
        row: Some("General"),
        button: Some("Show All"),
    },
    Screen {
        name: "delegation",
        place: |console| gpo(console, "Delegated - Helpdesk Tools"),
        tab: Some("Delegation"),
        row: None,
        button: None,
    },
];

fn show(console: &mut Console, screen: &Screen) {
    let place = (screen.place)(console);
    go_to(console, place);
    if let Some(tab) = screen.tab {
        open_tab(console, tab);
    }
    if let Some(button) = screen.button {
        console.get_by_role_and_label(Role::Button, button).click();
        console.run_steps(6);
    }
    if let Some(row) = screen.row {
        console.get_by_role_and_label(Role::Row, row).click();
        console.run_steps(6);
    }
}

/// Returns where points in time stand: they are shown in the time zone of the machine.
pub fn times(console: &Console) -> Vec<egui::Rect> {
    let is_time = |text: &str| {
        let time = text.strip_prefix("Read ").or(text.strip_prefix("Collected ")).unwrap_or(text);
        let bytes = time.as_bytes();
        bytes.len() == 19 && bytes[4] == b'-' && bytes[10] == b' ' && bytes[13] == b':'
    };
    let cells = console.root().children_recursive().filter(|node| {
        let node = node.accesskit_node();
        node.label().or(node.value()).is_some_and(|text| is_time(&text))
    });
    cells.map(|node| node.rect()).collect()
}

#[test]
fn screens_look_as_they_should() {
    if !picture::can_draw() {
        return;
    }
    let mut console = demo_of_size([1180.0, 720.0]);
    for screen in SCREENS {
        show(&mut console, screen);
        let mut masked = times(&console);
        // Where the tree scrolls to is not what these pictures are about.
        if !matches!((screen.place)(&console), Place::Ou(_)) {
            masked.push(console.get_by_role_and_label(Role::Tree, "Scope tree").rect());
        }
        picture::compare(&mut console, screen.name, &masked);
    }
}

#[test]
fn screenshots_of_the_readme() {
    if std::env::var_os("OPENGPMC_SCREENSHOTS").is_none() {
        eprintln!("skipped: OPENGPMC_SCREENSHOTS is not set, which asks for new pictures of the README");
        return;
    }
    assert!(picture::can_draw());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    let mut console = demo_of_size([1280.0, 800.0]);
    for screen in SCREENS {
        show(&mut console, screen);
        for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            picture::show(&mut console, theme);
            let picture = console.render().unwrap();
            picture.save(folder.join(format!("{}-{word}.png", screen.name))).unwrap();
        }
    }
}
