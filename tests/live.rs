//! Tests against a real Samba AD DC. They need the lab (`tests/lab/samba.sh up`) and its variables in the environment;
//! without them each test says so and ends.

// A helper of a test may fail as the test itself may.
#![allow(clippy::unwrap_used)]

mod common;

mod live {
    mod dns;
    mod administration;
    mod races;
    mod breaking_off;
    mod faults;
    mod lab;
    mod cli;
    mod forest;
    mod reading;
    mod principals;
    mod reports;
    mod changes;
    mod gpo_edits;
    mod links;
    mod permissions;
    mod filters_and_starters;
    mod auth;
    mod smb_proxy;
    mod sysvol_smb;
    mod ldap;
    mod ldap_write;
    mod ldap_broken;
    #[cfg(feature = "system-kerberos")]
    mod ldap_system;
    mod sysvol_smb_faults;
    mod sysvol_forest;
    mod several_controllers;
    mod controllers;
    mod snapshot;
    mod rsop;
}
