//! Pictures of the console: compared with those under `tests/gui/snapshots`, light and dark.
//!
//! They are drawn through Vulkan; without a driver (`mesa-vulkan-drivers` brings one that needs no graphics card) they are
//! skipped and the reason is printed. `UPDATE_SNAPSHOTS=1 cargo test --test gui` writes them anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use egui::Theme;
use egui_kittest::{Harness, SnapshotOptions};

/// Compares what the harness shows with the picture of that name, in both themes; `masked` is covered up.
pub fn compare<S>(harness: &mut Harness<'_, S>, name: &str, masked: &[egui::Rect]) {
    if !can_draw() {
        return;
    }
    for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        show(harness, theme);
        for rect in masked {
            harness.mask(*rect);
        }
        // Other versions of the driver smooth edges a little differently.
        let options = SnapshotOptions::new().output_path("tests/gui/snapshots").threshold(1.5).max_failed_pixels(250);
        harness.snapshot_options(format!("{name}_{word}"), &options);
    }
}

/// Draws the frames that a change of theme takes, without the pointer.
pub fn show<S>(harness: &mut Harness<'_, S>, theme: Theme) {
    harness.ctx.set_theme(theme);
    harness.remove_cursor();
    harness.run_steps(4);
}

/// Tells whether pictures can be drawn here; prints why not.
pub fn can_draw() -> bool {
    static CAN_DRAW: OnceLock<bool> = OnceLock::new();
    *CAN_DRAW.get_or_init(|| {
        let drawn = catch_unwind(AssertUnwindSafe(|| Harness::new_ui(|ui| drop(ui.label("test"))).render().is_ok()));
        let can_draw = drawn.unwrap_or(false);
        if !can_draw {
            eprintln!("skipped: pictures need a Vulkan driver (Debian and Ubuntu: mesa-vulkan-drivers)");
        }
        can_draw
    })
}
