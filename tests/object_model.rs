//! One test per member of Microsoft's object model, named by number and member: on the demo forest, and on the lab's domain controller where its
//! variables are set. `docs/object-model.md` tells for each member which item of the library it is and which test proves it; it is made from
//! [`object_model::table`] and checked against it.

// A helper of a test may fail as the test itself may.
#![allow(clippy::unwrap_used)]

mod common;
// Not all of it is used here.
#[allow(dead_code)]
#[path = "live/lab.rs"]
mod lab;

mod object_model {
    mod ground;
    mod table;
    mod document;
    mod igpm;
    mod domain;
    mod infrastructure;
    mod sites_container;
    mod som;
    mod gpo_link;
    mod gpo;
    mod starter_gpo;
    mod starter_gpo_backup;
    mod backup_dir;
    mod backup;
    mod migration_table;
    mod security_info;
    mod wmi_filter;
    mod search;
    mod result;
    mod collections;
    mod constants;
    mod rsop;
}
