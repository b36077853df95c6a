//! What of the forests is shown, remembered between runs, and the options of the console.

use std::collections::BTreeMap;

use egui::Context;

use super::super::forest_view::{ForestView, NodeMemory, ViewMemory};
use super::super::kit::data_table::{known_tables, lay_out_tables};
use super::super::options_dialog::Options;
use super::super::reports::ReportChoices;
use super::super::show_list::{ShowList, ShowListWindow};
use super::super::{ConnectRequest, ForestEntry, ForestId, ForestState, Lazy, Node, Place, TemplateShelf};
use super::{App, Dialog};
use crate::store::ConnectTarget;

impl App {
    /// Opens the forests of last time; the first time the domain whoever runs the console is signed in to, else the demo forest.
    pub(super) fn reopen_forests(&mut self) {
        let request = |target| ConnectRequest { target: Some(target), ..ConnectRequest::default() };
        let targets = match &self.settings.view {
            Some(view) => view.targets.iter().filter_map(|target| target.parse().ok()).collect(),
            None => vec![self.options.opener.own_domain().map_or(ConnectTarget::Demo, ConnectTarget::Domain)],
        };
        for target in targets {
            let mut request = request(target);
            if matches!(request.target, Some(ConnectTarget::Domain(_) | ConnectTarget::Server { .. })) {
                request.options.ca_file = self.settings.ca_file.clone();
                request.options.allow_ntlm = self.settings.allow_ntlm;
            }
            self.add_forest(request);
        }
        // Until its forest is there, nothing stands in the way of the node selected last.
        self.selected = Node::Root;
        self.history = super::History::default();
    }

    /// Returns what is shown of the forest of that name.
    pub(super) fn forest_view(&self, forest: &str) -> ForestView {
        let known = self.settings.forests.get(forest).cloned().unwrap_or_default();
        ForestView { controllers_named: self.settings.controllers_named, ..known }
    }

    /// Shows other domains and sites of a forest.
    pub(super) fn set_forest_view(&mut self, id: ForestId, view: ForestView) {
        let Some(ForestState::Open(forest)) = self.entry_mut(id).map(|entry| &mut entry.state) else { return };
        forest.view = view.clone();
        let name = forest.snapshot.name.to_string();
        if let Node::In(of, place) = &self.selected
            && *of == id
            && !view.shows(place)
        {
            let container = if place.domain().is_some() { Place::Domains } else { Place::Sites };
            self.select(Node::In(id, container));
        }
        self.history.forget(|node| node.forest() == Some(id) && node.place().is_some_and(|place| !view.shows(place)));
        self.settings.forests.insert(name, view);
        self.forests_changed();
        self.save_settings();
    }

    /// Shows the domain or site that a node lies in, if it is hidden.
    pub(super) fn unhide(&mut self, node: &Node) {
        let Node::In(id, place) = node else { return };
        let Some(forest) = self.entry(*id).and_then(ForestEntry::open) else { return };
        if !forest.view.shows(place) && forest.exists(place) {
            let mut view = forest.view.clone();
            view.show(place);
            self.set_forest_view(*id, view);
        }
    }

    /// Takes a domain out of the view; the last one stays.
    pub(super) fn hide_domain(&mut self, id: ForestId, domain: crate::ident::DnsName) {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let mut view = forest.view.clone();
        view.hidden_domains.push(domain);
        self.set_forest_view(id, view);
    }

    pub(super) fn show_list(&mut self, ctx: &Context, id: ForestId, list: ShowList) {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let window = ShowListWindow::new(forest, list);
        self.show(ctx, Dialog::Window(Box::new(window)));
    }

    /// Opens the nodes of a forest that were open when the console was closed, and selects the one that was selected, if nobody
    /// selected another since. Tells whether anything is remembered of it.
    pub(super) fn restore_view(&mut self, id: ForestId) -> bool {
        let Some(view) = self.settings.view.clone() else { return false };
        let Some(target) = self.entry(id).map(|entry| entry.target.to_string()) else { return false };
        let open: Vec<Node> = view.open.iter().filter_map(|memory| memory.node(id, &target)).collect();
        let any = !open.is_empty();
        open.into_iter().for_each(|node| self.tree.open(node));
        let selected = view.selected.and_then(|memory| memory.node(id, &target));
        if let Some(node) = selected.filter(|_| self.selected == Node::Root)
            && self
                .entry(id)
                .and_then(ForestEntry::open)
                .zip(node.place())
                .is_some_and(|(open, place)| open.exists(place))
        {
            self.select(node);
            self.history = super::History::default();
        }
        any
    }

    /// Notes how the console looks, for the next run.
    pub(super) fn remember_view(&mut self) {
        // Forests that are still being read have nothing open yet: what was remembered of them stays.
        let before = self.settings.view.take().unwrap_or_default();
        let is_open = |target: &str| {
            self.forests.iter().any(|entry| entry.open().is_some() && entry.target.to_string() == target)
        };
        let targets: Vec<String> = self.forests.iter().map(|entry| entry.target.to_string()).collect();
        let still = |memory: &NodeMemory| targets.iter().any(|target| memory.is_of(target) && !is_open(target));
        let mut open: Vec<NodeMemory> = before.open.into_iter().filter(still).collect();
        open.extend(self.tree.open_nodes().filter_map(|node| NodeMemory::of(node, &self.forests)));
        open.sort_by_cached_key(|memory| format!("{memory:?}"));
        open.dedup();
        let selected = NodeMemory::of(&self.selected, &self.forests).or(before.selected.filter(still));
        self.settings.view = Some(ViewMemory { targets, open, selected });
        self.settings.tables.extend(known_tables(self.workers.ctx()));
    }

    /// Lays out lists as they were when the console was closed.
    pub(super) fn restore_tables(&self) {
        lay_out_tables(self.workers.ctx(), &self.settings.tables);
    }

    pub(super) fn set_options(&mut self, options: Options) {
        let Options { tables, template_folder, template_language, report_comments, link_notice, controllers_named } =
            options;
        lay_out_tables(self.workers.ctx(), &tables);
        let before = self.report_choices();
        let settings = &mut self.settings;
        settings.tables = BTreeMap::from_iter(tables);
        settings.template_folder = template_folder;
        settings.template_language = template_language;
        settings.report_comments = report_comments;
        settings.link_notice = link_notice;
        settings.controllers_named = controllers_named;
        if self.report_choices() != before {
            self.make_reports_anew();
        }
        for entry in &mut self.forests {
            if let ForestState::Open(forest) = &mut entry.state {
                forest.view.controllers_named = controllers_named;
            }
        }
        self.forests_changed();
        self.save_settings();
    }

    /// Returns what reports are made with.
    pub(super) fn report_choices(&self) -> ReportChoices {
        ReportChoices {
            template_folder: self.settings.template_folder.clone(),
            language: self.settings.template_language.clone(),
            with_comments: self.settings.report_comments,
        }
    }

    /// Forgets all reports, so that they are made with the choices of now when they are looked at.
    pub(super) fn make_reports_anew(&mut self) {
        self.workers.set_report_choices(self.report_choices());
        for entry in &mut self.forests {
            if let ForestState::Open(forest) = &mut entry.state {
                forest.templates = TemplateShelf::default();
                forest.details.reports.retain(|_, report| matches!(report, Lazy::Loading));
            }
        }
        for file in &mut self.files {
            file.forget_reports();
        }
    }
}
