//! Tests that need neither a server nor a screen.

mod common;

mod library {
    mod demo;
    mod demo_extensions;
    mod corpus;
    mod corpus_backups;
    mod corpus_security;
    mod forest_file;
    mod sysvol_folder;
    mod sysvol_smb_server;
}
