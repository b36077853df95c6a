//! Giving the focus back to what had it, once what lay above is gone.

use egui::{Context, Id};

/// How many frames long the focus is asked for: below a dialog nothing takes it, not even in the frame after it closed.
const FRAMES: u8 = 3;

fn wanted() -> Id {
    Id::unique("focus wanted")
}

/// Gives the focus to a control as soon as it can take it.
pub fn give_back(ctx: &Context, id: Id) {
    ctx.data_mut(|data| data.insert_temp(wanted(), Some((id, FRAMES))));
    ctx.request_repaint();
}

/// To be called at the beginning of every frame.
pub fn settle(ctx: &Context) {
    let known = ctx.data_mut(|data| data.remove_temp::<Option<(Id, u8)>>(wanted()));
    let Some((id, frames)) = known.flatten() else { return };
    ctx.memory_mut(|memory| memory.request_focus(id));
    if frames > 1 {
        ctx.data_mut(|data| data.insert_temp(wanted(), Some((id, frames - 1))));
        ctx.request_repaint();
    }
}
