//! What a dialog of more than a few lines is: something that draws itself over the console, sees what it needs of the
//! application, and asks for what is to be done. Windows stand upon each other; only the topmost takes keys and clicks.

use std::sync::Arc;

use egui::Context;

use super::dialog::Closing;
use super::job::Workers;
use super::operation_job::OperationJob;
use super::settings::Settings;
use super::{Command, FilePicker, ForestEntry, ForestId, OpenForest};

/// A wizard, or a dialog with things to do in it.
pub trait Window {
    /// Draws it; tells whether it is to be closed. Called in every frame, also while another window stands above it.
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing;

    /// Called when the program is to be closed. Tells whether that has to wait: something is not saved, and the window asks about it.
    fn holds_quit(&mut self) -> bool {
        false
    }
}

/// How a window is made, so that a view can ask for one that the application does not know: [`Command::Open`].
#[derive(Clone)]
pub struct WindowFactory(Arc<dyn Fn() -> Box<dyn Window> + Send + Sync>);

impl WindowFactory {
    /// Takes what makes the window.
    pub fn new<W: Window + 'static>(make: impl Fn() -> W + Send + Sync + 'static) -> Self {
        WindowFactory(Arc::new(move || Box::new(make())))
    }

    /// Makes the window.
    pub fn make(&self) -> Box<dyn Window> {
        (self.0)()
    }
}

/// What a window sees of the application, and what it can ask of it.
pub struct Surroundings<'a> {
    /// What was used before.
    pub settings: &'a Settings,
    /// Where background work runs.
    pub workers: &'a Workers,
    /// The file dialog of the system.
    pub file_picker: &'a Arc<dyn FilePicker>,
    /// The forests in the view.
    pub forests: &'a [ForestEntry],
    /// How many operations have ended so far: whoever shows what they change looks at it anew when this grows.
    pub operations_ended: u64,
    /// What is asked for; carried out after the frame.
    pub commands: &'a mut Vec<Command>,
    /// Operations that were started; each gets its progress window.
    pub started: &'a mut Vec<OperationJob>,
}

impl Surroundings<'_> {
    /// Returns a forest, if it is open.
    pub fn forest(&self, id: ForestId) -> Option<&OpenForest> {
        self.forests.iter().find(|entry| entry.id == id)?.open()
    }
}
