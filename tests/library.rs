//! Tests that need neither a server nor a screen.

mod common;

mod library {
    mod forest_file;
    mod sysvol_folder;
    mod sysvol_smb_server;
}
