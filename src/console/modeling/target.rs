//! Whom the wizard asks about, for one side: an account by its name, or a container; looked up when the page is left.

use std::sync::Arc;

use egui::{Response, TextEdit, Ui};

use crate::gpm::{ForestSnapshot, HResult, MessageId, Names, OperationError, PrincipalKinds, StatusMessage};
use crate::ident::{Dn, DnsName, Sid};
use crate::operation::rsop::Subjects;
use crate::report::Side;
use crate::rsop::{Assumptions, Planner, Policies, Subject, Target};
use crate::store::{ForestStore, StoreErrorKind};

use super::super::ForestId;
use super::super::container_chooser::{ContainerChooser, PickedContainer};
use super::super::kit::accessible;
use super::super::principal_picker::{PickedPrincipals, PickerOptions, PrincipalPicker};
use super::super::step::Step;
use super::super::stored_query::{Named, QueryTarget};
use super::super::theme::SPACE;
use super::super::wizard::{PageFrame, Ready};
use super::ready_of;

/// The field.
pub(super) struct TargetField {
    forest: ForestId,
    side: Side,
    is_account: bool,
    container: String,
    account: String,
    picked_account: PickedPrincipals,
    picked_container: PickedContainer,
    /// What was looked up, and what that brought.
    looked_up: Option<(bool, String)>,
    found: Step<FoundTarget>,
}

/// What a name led to.
pub(super) struct FoundTarget {
    target: QueryTarget,
    /// The groups it is in.
    pub(super) groups: Vec<Named<Sid>>,
}

impl TargetField {
    pub(super) fn new(forest: ForestId, side: Side, target: Option<QueryTarget>) -> Self {
        let text = target.as_ref().map(QueryTarget::in_full).unwrap_or_default();
        let is_account = matches!(target, Some(QueryTarget::Account { .. }));
        let (container, account) = if is_account { (String::new(), text) } else { (text, String::new()) };
        TargetField {
            forest,
            side,
            is_account,
            container,
            account,
            picked_account: PickedPrincipals::default(),
            picked_container: PickedContainer::default(),
            looked_up: None,
            found: Step::Idle,
        }
    }

    fn text(&self) -> &str {
        if self.is_account { self.account.trim() } else { self.container.trim() }
    }

    /// Tells whether the side is asked about.
    pub(super) fn is_asked(&self) -> bool {
        !self.text().is_empty()
    }

    /// Tells whether an account is asked about.
    pub(super) fn is_account(&self) -> bool {
        self.is_account && self.is_asked()
    }

    /// Returns what was found, where it is what is entered now.
    pub(super) fn found(&self) -> Option<&FoundTarget> {
        self.found.ended().filter(|_| self.is_current())
    }

    /// Returns whom is asked about.
    pub(super) fn target(&self) -> Option<QueryTarget> {
        self.found().map(|found| found.target.clone())
    }

    fn is_current(&self) -> bool {
        self.looked_up.as_ref().is_some_and(|(is_account, text)| *is_account == self.is_account && text == self.text())
    }

    /// Draws the field; tells whether what is entered was looked up anew. `is_first` gives it the focus.
    pub(super) fn ui(&mut self, ui: &mut Ui, page: &mut PageFrame<'_, '_>, home: &DnsName, is_first: bool) -> bool {
        self.take_picked();
        let (word, heading) = match self.side {
            Side::User => ("User", "User information"),
            Side::Computer => ("Computer", "Computer information"),
        };
        ui.strong(heading);
        let container_name = format!("{word} container");
        let mut entered = false;
        for (is_account, words) in [(false, "Container"), (true, word)] {
            ui.horizontal(|ui| {
                let radio = ui.radio_value(&mut self.is_account, is_account, format!("{words}:"));
                let name = if is_account { word } else { &container_name };
                accessible::name(&radio, format!("{name} is asked about"));
                let text = if is_account { &mut self.account } else { &mut self.container };
                let edit = TextEdit::singleline(text).desired_width(ui.available_width() - 110.0);
                let edit = ui.add(edit);
                accessible::name(&edit, name);
                if is_first && is_account == self.is_account {
                    page.focus_first(&edit);
                }
                if edit.changed() {
                    self.is_account = is_account;
                }
                entered |= is_entered(ui, &edit);
                let browse = ui.button("Browse…");
                accessible::name(&browse, format!("Browse for {}", name.to_lowercase()));
                if browse.clicked() {
                    self.browse(page, is_account, home);
                }
            });
        }
        if entered {
            page.go_on();
        }
        ui.add_space(SPACE);
        if page.is_awaited {
            self.look_up(page);
        }
        self.found.poll()
    }

    fn browse(&mut self, page: &mut PageFrame<'_, '_>, is_account: bool, home: &DnsName) {
        page.around.commands.push(match is_account {
            false => ContainerChooser::open_into(self.forest, self.picked_container.clone()),
            true => {
                let none = PrincipalKinds { users: false, groups: false, computers: false, well_known: false };
                let (title, kinds) = match self.side {
                    Side::User => ("Select User", PrincipalKinds { users: true, ..none }),
                    Side::Computer => ("Select Computer", PrincipalKinds { computers: true, ..none }),
                };
                let options = PickerOptions { title: title.to_owned(), many: false, kinds };
                PrincipalPicker::open_into(
                    self.forest,
                    home.clone(),
                    options,
                    String::new(),
                    self.picked_account.clone(),
                )
            }
        });
    }

    fn take_picked(&mut self) {
        if let Some(container) = self.picked_container.take() {
            self.container = container.to_string();
            self.is_account = false;
        }
        if let Some(account) = self.picked_account.take().first() {
            self.account = account.label();
            self.is_account = true;
        }
    }

    /// Begins to look up what is entered, once.
    fn look_up(&mut self, page: &PageFrame<'_, '_>) {
        if self.is_current() || !self.is_asked() {
            return;
        }
        self.found.cancel();
        self.looked_up = Some((self.is_account, self.text().to_owned()));
        let Some(forest) = page.around.forest(self.forest) else { return };
        let (store, snapshot) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
        let (side, is_account, text) = (self.side, self.is_account, self.text().to_owned());
        self.found = Step::start(page.around.workers, move |task| async move {
            task.or_cancel(find(store, snapshot, side, is_account, text)).await?
        });
    }

    /// Tells whether what is entered was found.
    pub(super) fn ready(&self) -> Ready {
        match (self.is_asked(), self.is_current()) {
            (false, _) => Ready::Yes,
            (true, true) => ready_of(&self.found, "Looking up the names…"),
            (true, false) => Ready::Wait("Looking up the names…".to_owned()),
        }
    }
}

/// Tells whether Enter was pressed in a field.
pub(super) fn is_entered(ui: &Ui, edit: &Response) -> bool {
    edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
}

async fn find(
    store: Arc<dyn ForestStore>,
    snapshot: Arc<ForestSnapshot>,
    side: Side,
    is_account: bool,
    text: String,
) -> Result<FoundTarget, OperationError> {
    let (target, subject) = if is_account {
        let subjects = Subjects::new(&store, &snapshot);
        let account = match side {
            Side::User => subjects.user(&text, None).await?,
            Side::Computer => subjects.computer(&text).await?,
        };
        let target = QueryTarget::Account { name: account.name.clone(), dn: account.dn.clone() };
        (target, Subject::Account(Box::new(account)))
    } else {
        let container = find_container(&store, &snapshot, &text).await?;
        (QueryTarget::Container(container.clone()), Subject::Container(container))
    };
    let own = subject.account().map(|account| account.sid.clone());
    let sids = groups_of(&snapshot, side, subject);
    let sids: Vec<Sid> = sids.into_iter().filter(|sid| Some(sid) != own.as_ref()).collect();
    let names = Names::new(&snapshot).resolve(&*store, &sids).await.trustees;
    let name = |sid: &Sid| names.get(sid).map_or_else(|| sid.to_string(), |trustee| trustee.label());
    let groups = sids.iter().map(|sid| Named { id: sid.clone(), name: name(sid) }).collect();
    Ok(FoundTarget { target, groups })
}

/// Returns the groups that security filtering is judged by, and no others of the token: those of the domain, and those everybody is in.
fn groups_of(snapshot: &Arc<ForestSnapshot>, side: Side, subject: Subject) -> Vec<Sid> {
    let target = match side {
        Side::User => Target { user: Some(subject), computer: None },
        Side::Computer => Target { user: None, computer: Some(subject) },
    };
    let planner = Planner::new(Arc::clone(snapshot), Policies::default());
    let plan = planner.plan_scope_only(&target, &Assumptions::default());
    let token = plan.user.or(plan.computer).map(|side| side.token).unwrap_or_default();
    token.into_iter().filter(|sid| sid.is_domain_principal() || is_everybody(sid)).collect()
}

/// Tells whether everybody is in a group, whatever is assumed.
pub(super) fn is_everybody(sid: &Sid) -> bool {
    *sid == Sid::everyone() || *sid == Sid::authenticated_users()
}

/// Finds a container by its DN or its canonical path.
pub(super) async fn find_container(
    store: &Arc<dyn ForestStore>,
    snapshot: &ForestSnapshot,
    text: &str,
) -> Result<Dn, OperationError> {
    let soms = || snapshot.domains.iter().flat_map(|domain| &domain.soms);
    let by_path = || soms().find(|som| som.dn.canonical_name().trim_end_matches('/').eq_ignore_ascii_case(text));
    let Ok(dn) = text.parse::<Dn>() else {
        let found = by_path().map(|som| som.dn.clone());
        return found.ok_or_else(|| refused(text, "is no DN of a container, and no path of a domain or OU"));
    };
    if let Some(som) = snapshot.som(&dn) {
        return Ok(som.dn.clone());
    }
    let domain = dn.domain().filter(|domain| snapshot.domain(domain).is_some());
    let domain = domain.ok_or_else(|| refused(text, "lies in no domain of this forest"))?;
    let read = async { store.domain_directory(&domain).await?.read(&dn, &["objectClass"], None).await };
    match read.await {
        Ok(entry) => Ok(entry.dn),
        Err(error) if error.kind == StoreErrorKind::NotFound => Err(refused(text, "does not exist")),
        Err(error) => Err(OperationError::of_directory(&error)),
    }
}

fn refused(text: &str, why: &str) -> OperationError {
    let message = format!("{text} {why}; choose one with Browse");
    OperationError::new(StatusMessage::error(MessageId::InvalidArgument, HResult::INVALID_ARGUMENT, message))
}
