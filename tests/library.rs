//! Tests that need neither a server nor a screen.

mod common;

mod library {
    mod sysvol_folder;
}
