//! Tests that need neither a server nor a screen.

// A helper of a test may fail as the test itself may.
#![allow(clippy::unwrap_used)]

mod common;

mod library {
    mod cli;
    mod cli_link_edits;
    mod cli_edits;
    mod cli_gpo_edits;
    mod cli_permission;
    mod cli_rsop;
    mod cli_status;
    mod domain;
    mod acl_consistency;
    mod edit_security;
    mod demo;
    mod demo_extensions;
    mod demo_settings;
    pub(crate) use crate::common::corpus;

    mod console_checklist;
    mod corpus_backups;
    mod backup_sets;
    mod corpus_security;
    mod corpus_preferences;
    mod corpus_settings_files;
    mod corpus_hosted;
    mod corpus_admx;
    mod corpus_wmi_filters;
    mod changes;
    mod change_messages;
    mod edits;
    mod links;
    mod restore_extras;
    mod names;
    mod principals;
    mod reports;
    mod rsop;
    mod rsop_impact;
    mod rsop_reading;
    mod rsop_reports;
    #[cfg(unix)]
    mod rsop_collect;
    #[cfg(unix)]
    mod rsop_collect_sshd;
    #[cfg(unix)]
    mod cli_rsop_results;
    mod async_contract;
    mod breaking_off;
    mod async_members;
    mod faulty_forest;
    mod gpo_edits;
    mod hostile;
    mod migration;
    mod forest_file;
    mod infrastructure;
    mod snapshot;
    mod starter_edits;
    mod starter_gpos;
    mod sysvol_folder;
    mod sysvol_smb_server;
    mod wmi_filters;
}
