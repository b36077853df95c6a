//! The forest with its links as a tree of text, in the order of the console's scope tree (`console-ui.md` 2.1).

use crate::gpm::{DomainSnapshot, ForestSnapshot, GpoLink, Som, SomIndex};

use super::output::printable;

/// Draws the forest: domains with their links and OUs, then GPOs and WMI filters in numbers, then sites.
pub fn draw(forest: &ForestSnapshot) -> String {
    let mut root = Branch::new(format!("Forest: {}", forest.name));
    let domains = forest.domains.iter().map(|domain| draw_domain(forest, domain)).collect();
    root.children.push(Branch { label: "Domains".to_owned(), children: domains });
    let sites = forest.sites.iter().map(|site| Branch {
        label: som_label(site),
        children: site.links.iter().map(|link| Branch::new(link_label(forest, link))).collect(),
    });
    root.children.push(Branch { label: "Sites".to_owned(), children: sites.collect() });
    let mut text = format!("{}\n", root.label);
    root.draw_children("", &mut text);
    text
}

struct Branch {
    label: String,
    children: Vec<Branch>,
}

impl Branch {
    fn new(label: String) -> Self {
        Branch { label, children: Vec::new() }
    }

    fn draw_children(&self, indent: &str, text: &mut String) {
        for (index, child) in self.children.iter().enumerate() {
            let (mark, below) =
                if index + 1 == self.children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            *text += &format!("{indent}{mark}{}\n", printable(child.label.clone()));
            child.draw_children(&format!("{indent}{below}"), text);
        }
    }
}

fn draw_domain(forest: &ForestSnapshot, domain: &DomainSnapshot) -> Branch {
    if domain.som().is_none() {
        return Branch::new(format!("{} (could not be read)", domain.name));
    }
    // Each SOM stands after its parent, so from the back every branch is whole before it is put into its parent.
    let mut branches: Vec<Branch> = domain
        .soms
        .iter()
        .map(|som| Branch {
            label: som_label(som),
            children: som.links.iter().map(|link| Branch::new(link_label(forest, link))).collect(),
        })
        .collect();
    let mut below: Vec<Vec<Branch>> = domain.soms.iter().map(|_| Vec::new()).collect();
    for (index, som) in domain.soms.iter().enumerate().skip(1).rev() {
        let Some(mut branch) = branches.pop() else { continue };
        branch.children.extend(below[index].drain(..).rev());
        let SomIndex(parent) = som.parent.unwrap_or(SomIndex(0));
        below[parent].push(branch);
    }
    let mut root = branches.pop().unwrap_or_else(|| Branch::new(domain.name.to_string()));
    root.children.extend(below[0].drain(..).rev());
    root.children.push(Branch::new(format!("Group Policy Objects ({})", domain.gpos.len())));
    root.children.push(Branch::new(format!("WMI Filters ({})", domain.wmi_filters.len())));
    root
}

fn som_label(som: &Som) -> String {
    if som.inheritance_blocked { format!("{} (blocks inheritance)", som.name) } else { som.name.clone() }
}

fn link_label(forest: &ForestSnapshot, link: &GpoLink) -> String {
    let target = forest.link_target(link);
    let notes = [(link.enforced, "enforced"), (!link.enabled, "link disabled")];
    let notes: Vec<&str> = notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| *note).collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    format!("{}. {}{notes}", link.order, target.label())
}
