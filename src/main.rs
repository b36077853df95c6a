//! The program: reads the command line, starts the console or a subcommand.

use std::process::ExitCode;

use clap::Parser;
use opengpmc::cli::Cli;

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("OPENGPMC_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let cli = Cli::parse();
    #[cfg(feature = "gui")]
    if cli.wants_window() {
        match window::open(&cli) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(reason) => eprintln!(
                "{reason}\nThis is the forest as text; `opengpmc help` lists what else works without a window."
            ),
        }
    }
    #[cfg(not(feature = "gui"))]
    if cli.wants_window() {
        eprintln!("This program was built without its window (cargo feature `gui`); this is the forest as text.");
    }
    cli.run()
}

/// Opening the window, and saying why where that cannot be.
#[cfg(feature = "gui")]
mod window {
    use std::panic::{self, AssertUnwindSafe};

    use opengpmc::cli::Cli;
    use opengpmc::console::{self, ConnectRequest};

    /// Libraries of the window system that are looked up when the window opens, with the Debian package that brings each.
    const PACKAGES: [(&str, &str); 9] = [
        ("libxkbcommon-x11", "libxkbcommon-x11-0"),
        ("libxkbcommon", "libxkbcommon0"),
        ("libwayland", "libwayland-client0"),
        ("libX11-xcb", "libx11-xcb1"),
        ("libX11", "libx11-6"),
        ("libXcursor", "libxcursor1"),
        ("libXi", "libxi6"),
        ("libEGL", "libegl1"),
        ("libGL", "libgl1"),
    ];

    /// Opens the console and returns when it was closed; the reason where no window can be had.
    pub fn open(cli: &Cli) -> Result<(), String> {
        if cfg!(target_os = "linux") && !has_display() {
            let ways = "run it in a desktop session, or log on with `ssh -X`";
            return Err(format!(
                "There is no display (DISPLAY and WAYLAND_DISPLAY are not set). For the window, {ways}."
            ));
        }
        let request = cli.connect_request().map_err(|error| format!("{error:#}"))?;
        let forests =
            request.map(|(target, credentials, options)| ConnectRequest { target: Some(target), credentials, options });
        // The window system's libraries are loaded when they are needed, and a missing one ends in a panic there.
        let usual_hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if missing_library(&message_of(info.payload())).is_none() {
                usual_hook(info);
            }
        }));
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            console::run(forests.into_iter().collect(), opengpmc::cli::journal_folder())
        }));
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(explain(&error.to_string())),
            Err(payload) => match missing_library(&message_of(&*payload)) {
                Some(_) => Err(explain(&message_of(&*payload))),
                None => panic::resume_unwind(payload),
            },
        }
    }

    fn has_display() -> bool {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET")
    }

    fn explain(message: &str) -> String {
        let package = missing_library(message).map(|package| format!(" On Debian and Ubuntu: apt install {package}"));
        format!("The window could not be opened: {message}.{}", package.unwrap_or_default())
    }

    /// Returns the package that brings the library a message says is missing.
    fn missing_library(message: &str) -> Option<&'static str> {
        let missing = ["could not be loaded", "cannot open shared object", "Failed to load", "not found"];
        let is_missing = missing.iter().any(|words| message.contains(words));
        PACKAGES.iter().find(|(library, _)| is_missing && message.contains(library)).map(|(_, package)| *package)
    }

    fn message_of(payload: &(dyn std::any::Any + Send)) -> String {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn missing_libraries_are_named_with_their_package() {
            let said = explain("Library libxkbcommon-x11.so could not be loaded");
            assert!(said.ends_with("apt install libxkbcommon-x11-0"), "{said}");
            assert_eq!(missing_library("the window was closed"), None);
        }
    }
}
