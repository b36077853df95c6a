//! The dialog that adds a forest: the demo, a forest file, a domain or a server, and as whom.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{ComboBox, Context, Grid, Id, Key, RichText, TextEdit, Ui};
use poll_promise::Promise;
use zeroize::Zeroizing;

use crate::store::{ConnectOptions, ConnectTarget, Credentials, Secret};

use super::dialog::{self, Closing};
use super::settings::Settings;
use super::theme::{self, SPACE};
use super::window::Surroundings;
use super::{Command, ConnectRequest};

/// Room for a password without moving it, so that no copy stays behind in memory.
const PASSWORD_ROOM_BYTES: usize = 512;
const LABEL_WIDTH: f32 = 110.0;
const FIELD_WIDTH: f32 = 330.0;

/// What is being entered.
pub struct ConnectDialog {
    kind: Kind,
    file: String,
    read_only: bool,
    server: String,
    as_current_user: bool,
    user: String,
    password: Zeroizing<String>,
    ca_file: String,
    allow_ntlm: bool,
    problem: Option<String>,
    picking: Option<(Field, Promise<Option<PathBuf>>)>,
    focus_wanted: bool,
    enter_pressed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Server,
    File,
    Demo,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    ForestFile,
    CaFile,
}

impl ConnectDialog {
    /// Opens the dialog with what was used last.
    pub fn new(settings: &Settings) -> Self {
        let last_kind = |target: &str| target.parse().ok().map(|target| kind_of(&target));
        let last_of = |kind: Kind| {
            let mut known = settings.recent_targets.iter();
            known.find(|target| last_kind(target) == Some(kind)).cloned().unwrap_or_default()
        };
        ConnectDialog {
            kind: settings.recent_targets.first().and_then(|target| last_kind(target)).unwrap_or(Kind::Server),
            file: last_of(Kind::File),
            read_only: true,
            server: last_of(Kind::Server),
            as_current_user: settings.recent_users.is_empty(),
            user: settings.recent_users.first().cloned().unwrap_or_default(),
            password: Zeroizing::new(String::with_capacity(PASSWORD_ROOM_BYTES)),
            ca_file: settings.ca_file.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
            allow_ntlm: settings.allow_ntlm,
            problem: None,
            picking: None,
            focus_wanted: true,
            enter_pressed: false,
        }
    }

    /// Draws the dialog. Asks for the forest where it was confirmed; tells whether it is to be closed.
    pub fn ui(&mut self, ctx: &Context, surroundings: &mut Surroundings<'_>) -> Closing {
        self.take_picked_file();
        let mut confirmed = false;
        let mut cancelled = false;
        let closing = dialog::show(ctx, "Add Forest", LABEL_WIDTH + FIELD_WIDTH + 120.0, |ui| {
            self.kind_ui(ui);
            ui.add_space(2.0 * SPACE);
            match self.kind {
                Kind::Demo => {
                    ui.label(
                        "A forest with several domains that is built into the program: nothing to set up, \
                         nothing to break. Changes to it are gone when the program ends.",
                    );
                }
                Kind::File => self.file_ui(ui, surroundings),
                Kind::Server => self.server_ui(ui, surroundings),
            }
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                ui.label(RichText::new(problem).color(theme::tokens(ui).error));
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, "Connect");
                cancelled = dialog::button(ui, "Cancel");
            });
            confirmed |= std::mem::take(&mut self.enter_pressed);
        });
        if closing == Closing::Close || cancelled {
            return self.close(ctx);
        }
        if confirmed {
            match self.request() {
                Ok(request) => {
                    surroundings.commands.push(Command::AddForest(Box::new(request)));
                    return self.close(ctx);
                }
                Err(problem) => {
                    self.problem = Some(problem);
                    self.focus_wanted = true;
                }
            }
        }
        Closing::Stay
    }

    fn kind_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            for (kind, text) in
                [(Kind::Server, "Domain or server"), (Kind::File, "Forest file"), (Kind::Demo, "Demo forest")]
            {
                let radio = ui.radio_value(&mut self.kind, kind, text);
                if radio.clicked() {
                    self.problem = None;
                    self.focus_wanted = true;
                }
                if kind == Kind::Demo && self.kind == Kind::Demo {
                    self.focus_first(&radio);
                    self.enter_pressed |= radio.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                }
            }
        });
    }

    fn file_ui(&mut self, ui: &mut Ui, surroundings: &Surroundings<'_>) {
        fields(ui, "forest file fields", |ui| {
            let label = ui.label("File");
            ui.horizontal(|ui| {
                let edit = ui.add(TextEdit::singleline(&mut self.file).desired_width(FIELD_WIDTH).id(first_field()));
                let edit = edit.labelled_by(label.id);
                self.focus_first(&edit);
                self.field(ui, &edit);
                if ui.button("Browse…").clicked() {
                    self.pick(Field::ForestFile, surroundings);
                }
            });
            ui.end_row();
            recent_row(ui, surroundings.settings, Kind::File, &mut self.file);
            ui.label("");
            ui.checkbox(&mut self.read_only, "Open read-only");
            ui.end_row();
        });
    }

    fn server_ui(&mut self, ui: &mut Ui, surroundings: &Surroundings<'_>) {
        fields(ui, "server fields", |ui| {
            let label = ui.label("Domain or server");
            let edit = TextEdit::singleline(&mut self.server)
                .hint_text("corp.example.com or ldap://dc1.corp.example.com")
                .desired_width(FIELD_WIDTH)
                .id(first_field());
            let edit = ui.add(edit).labelled_by(label.id);
            self.field(ui, &edit);
            self.focus_first(&edit);
            self.field(ui, &edit);
            ui.end_row();
            recent_row(ui, surroundings.settings, Kind::Server, &mut self.server);
            ui.label("Log on as");
            ui.horizontal(|ui| {
                ui.radio_value(&mut self.as_current_user, true, "Current user (Kerberos ticket)");
                ui.radio_value(&mut self.as_current_user, false, "Another user");
            });
            ui.end_row();
            if !self.as_current_user {
                let label = ui.label("User name");
                ui.horizontal(|ui| {
                    let edit = TextEdit::singleline(&mut self.user)
                        .hint_text("user@domain or DOMAIN\\user")
                        .desired_width(FIELD_WIDTH);
                    let edit = ui.add(edit).labelled_by(label.id);
                    self.field(ui, &edit);
                    let users = &surroundings.settings.recent_users;
                    if !users.is_empty() {
                        recent_combo(ui, "Recent users", users.iter(), &mut self.user);
                    }
                });
                ui.end_row();
                let label = ui.label("Password");
                let edit = TextEdit::singleline(&mut *self.password)
                    .password(true)
                    .desired_width(FIELD_WIDTH)
                    .id(password_field());
                let edit = ui.add(edit).labelled_by(label.id);
                self.field(ui, &edit);
                ui.end_row();
            }
            let label = ui.label("CA file");
            ui.horizontal(|ui| {
                let edit = TextEdit::singleline(&mut self.ca_file)
                    .hint_text("certificates to trust besides the system's (PEM)")
                    .desired_width(FIELD_WIDTH);
                let edit = ui.add(edit).labelled_by(label.id);
                self.field(ui, &edit);
                if ui.button("Browse CA…").clicked() {
                    self.pick(Field::CaFile, surroundings);
                }
            });
            ui.end_row();
            ui.label("");
            ui.checkbox(&mut self.allow_ntlm, "Allow NTLM where nothing better is accepted");
            ui.end_row();
        });
    }

    /// Reads the fields; says what is missing.
    fn request(&self) -> Result<ConnectRequest, String> {
        let mut options = ConnectOptions::default();
        let mut credentials = Credentials::CurrentUser;
        let target = match self.kind {
            Kind::Demo => ConnectTarget::Demo,
            Kind::File => {
                if self.file.trim().is_empty() {
                    return Err("Enter the path of a forest file.".to_owned());
                }
                options.read_only = self.read_only;
                ConnectTarget::File(PathBuf::from(self.file.trim()))
            }
            Kind::Server => {
                let text = self.server.trim();
                if text.is_empty() {
                    return Err("Enter the name of a domain, or ldap://HOST for a domain controller.".to_owned());
                }
                let target: ConnectTarget = text.parse().map_err(|error| format!("{error}"))?;
                if kind_of(&target) != Kind::Server {
                    return Err(format!("`{text}` names no domain and no server."));
                }
                if !self.as_current_user {
                    if self.user.trim().is_empty() {
                        return Err("Enter a user name.".to_owned());
                    }
                    let password = Secret::new(self.password.to_string());
                    credentials = Credentials::Password { user: self.user.trim().to_owned(), password };
                }
                options.ca_file = Some(self.ca_file.trim()).filter(|path| !path.is_empty()).map(PathBuf::from);
                options.allow_ntlm = self.allow_ntlm;
                target
            }
        };
        Ok(ConnectRequest { target: Some(target), credentials, options })
    }

    fn focus_first(&mut self, field: &egui::Response) {
        // A new window takes no focus in its first frame: ask until it is there.
        if field.has_focus() {
            self.focus_wanted = false;
        } else if self.focus_wanted {
            field.request_focus();
            field.ctx.request_repaint();
        }
    }

    /// Enter in a field confirms the dialog.
    fn field(&mut self, ui: &Ui, field: &egui::Response) {
        self.enter_pressed |= field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    }

    fn pick(&mut self, field: Field, surroundings: &Surroundings<'_>) {
        if self.picking.is_some() {
            return;
        }
        let picker = Arc::clone(surroundings.file_picker);
        let promise = surroundings.workers.spawn_blocking(move || match field {
            Field::ForestFile => picker.pick_file("Open a forest file", "Forest files", &["gpforest"]),
            Field::CaFile => picker.pick_file("Choose a CA file", "Certificates", &["pem", "crt", "cer"]),
        });
        self.picking = Some((field, promise));
    }

    fn take_picked_file(&mut self) {
        let Some((field, promise)) = self.picking.take() else { return };
        match promise.try_take() {
            Err(promise) => self.picking = Some((field, promise)),
            Ok(None) => {}
            Ok(Some(path)) => {
                let text = path.display().to_string();
                match field {
                    Field::ForestFile => self.file = text,
                    Field::CaFile => self.ca_file = text,
                }
            }
        }
    }

    /// Forgets what was typed as password, also what the text field remembers for undoing.
    fn close(&mut self, ctx: &Context) -> Closing {
        self.password = Zeroizing::default();
        if let Some(mut state) = egui::text_edit::TextEditState::load(ctx, password_field()) {
            state.clear_undoer();
            state.store(ctx, password_field());
        }
        Closing::Close
    }
}

fn kind_of(target: &ConnectTarget) -> Kind {
    match target {
        ConnectTarget::Demo => Kind::Demo,
        ConnectTarget::File(_) => Kind::File,
        ConnectTarget::Server { .. } | ConnectTarget::Domain(_) => Kind::Server,
    }
}

fn first_field() -> Id {
    Id::unique("connect dialog first field")
}

fn password_field() -> Id {
    Id::unique("connect dialog password")
}

fn fields(ui: &mut Ui, id: &str, content: impl FnOnce(&mut Ui)) {
    Grid::new(id)
        .num_columns(2)
        .min_col_width(LABEL_WIDTH)
        .spacing(egui::vec2(2.0 * SPACE, 2.0 * SPACE))
        .show(ui, content);
}

fn recent_row(ui: &mut Ui, settings: &Settings, kind: Kind, field: &mut String) {
    let known =
        || settings.recent_targets.iter().filter(|text| text.parse().is_ok_and(|target| kind_of(&target) == kind));
    if known().next().is_some() {
        ui.label("");
        recent_combo(ui, "Recent targets", known(), field);
        ui.end_row();
    }
}

fn recent_combo<'a>(ui: &mut Ui, name: &str, known: impl Iterator<Item = &'a String>, field: &mut String) {
    let response = ComboBox::from_id_salt(name).selected_text("Recent").show_ui(ui, |ui| {
        for text in known {
            if ui.selectable_label(false, text).clicked() {
                field.clone_from(text);
            }
        }
    });
    dialog::name(&response.response, name);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog() -> ConnectDialog {
        ConnectDialog::new(&Settings::default())
    }

    #[test]
    fn says_what_is_missing() {
        let mut dialog = dialog();
        assert!(dialog.request().unwrap_err().contains("domain"));
        dialog.server = "corp.test".to_owned();
        dialog.as_current_user = false;
        assert!(dialog.request().unwrap_err().contains("user name"));
        dialog.server = "a.gpforest".to_owned();
        assert!(dialog.request().unwrap_err().contains("no server"));
        dialog.kind = Kind::File;
        assert!(dialog.request().unwrap_err().contains("path"));
    }

    #[test]
    fn reads_a_server_with_user_and_password() {
        let mut dialog = dialog();
        dialog.server = " ldaps://dc1.corp.test ".to_owned();
        dialog.as_current_user = false;
        dialog.user = "admin@corp.test".to_owned();
        dialog.password.push_str("geheim");
        dialog.allow_ntlm = false;
        let request = dialog.request().unwrap();
        assert_eq!(
            request.target,
            Some(ConnectTarget::Server { host: "dc1.corp.test".to_owned(), port: None, tls: true })
        );
        assert!(matches!(&request.credentials, Credentials::Password { user, password }
            if user == "admin@corp.test" && password.expose() == "geheim"));
        assert!(!request.options.allow_ntlm);
    }

    #[test]
    fn begins_with_what_was_used_last() {
        let mut settings = Settings::default();
        settings.remember_target("corp.test".to_owned());
        settings.remember_target("/tmp/a.gpforest".to_owned());
        let dialog = ConnectDialog::new(&settings);
        assert!(dialog.kind == Kind::File);
        assert_eq!((dialog.file.as_str(), dialog.server.as_str()), ("/tmp/a.gpforest", "corp.test"));
    }
}
