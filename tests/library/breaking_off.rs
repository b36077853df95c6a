//! Backup, restore, import and copy on a forest file, broken off at every step.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::ident::DnsName;
use opengpmc::store::{ForestFile, ForestStore};

use crate::common::admin_scenario::Admin;
use crate::common::breaking_off::{Matrix, Place, run_as_child};
use crate::common::child;
use crate::common::scenario::Operation;
use crate::common::small_domain::{DOMAIN, dns, make_forest};

/// A forest file.
struct File;

#[async_trait]
impl Place for File {
    async fn open(&self, folder: &Path) -> Arc<dyn ForestStore> {
        let file = folder.join("test.gpforest");
        let exists = file.exists();
        Arc::new(if exists { ForestFile::open(&file, false).unwrap() } else { make_forest(&file) })
    }

    fn domain(&self) -> DnsName {
        dns(DOMAIN)
    }

    fn is_in_folder(&self) -> bool {
        true
    }
}

macro_rules! of_every_operation {
    ($($name:ident: $operation:expr,)*) => {
        $(
            mod $name {
                use super::*;

                fn test(name: &str) -> String {
                    format!("library::breaking_off::{}::{name}", stringify!($name))
                }

                #[cfg(unix)]
                #[test]
                fn killed() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => Matrix::new(&File, $operation).kill_at_every_point(&test("killed")),
                    }
                }

                #[cfg(target_os = "linux")]
                #[test]
                fn killed_by_system_call() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => {
                            let matrix = Matrix::new(&File, $operation);
                            matrix.kill_at_every_system_call(&test("killed_by_system_call"));
                        }
                    }
                }

                #[cfg(target_os = "linux")]
                #[test]
                fn without_room() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => Matrix::new(&File, $operation).fail_at_every_system_call(&test("without_room")),
                    }
                }

                #[test]
                fn cancelled() {
                    Matrix::new(&File, $operation).cancel_at_every_point();
                }

                #[test]
                fn failed() {
                    Matrix::new(&File, $operation).fail_at_every_write();
                }
            }
        )*
    };
}

of_every_operation! {
    backup: Operation::Backup,
    restore: Operation::Restore,
    restore_of_a_deleted_gpo: Operation::RestoreDeleted,
    import: Operation::Import,
    copy: Operation::Copy,
    copy_to_another_domain: Operation::CopyAcross,
}

/// Changes of an administrator: killed, cancelled, failed. Two of them stand for all where each system call is one more run.
macro_rules! of_every_edit {
    ($($name:ident: $edit:ident,)*) => {
        $(
            mod $name {
                use super::*;

                #[cfg(unix)]
                #[test]
                fn killed() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => {
                            let test = format!("library::breaking_off::{}::killed", stringify!($name));
                            Matrix::new(&File, Operation::Admin(Admin::$edit)).kill_at_every_point(&test);
                        }
                    }
                }

                #[test]
                fn cancelled() {
                    Matrix::new(&File, Operation::Admin(Admin::$edit)).cancel_at_every_point();
                }

                #[test]
                fn failed() {
                    Matrix::new(&File, Operation::Admin(Admin::$edit)).fail_at_every_write();
                }
            }
        )*
    };
}

of_every_edit! {
    create_gpo: CreateGpo,
    create_gpo_from_starter: CreateGpoFromStarter,
    delete_gpo: DeleteGpo,
    rename_gpo: RenameGpo,
    set_gpo_status: SetGpoStatus,
    set_gpo_comment: SetGpoComment,
    create_link: CreateLink,
    delete_link: DeleteLink,
    move_link: MoveLink,
    add_permission: AddPermission,
    remove_permission: RemovePermission,
    create_wmi_filter: CreateWmiFilter,
    edit_wmi_filter: EditWmiFilter,
    delete_wmi_filter: DeleteWmiFilter,
    create_starter_gpo: CreateStarterGpo,
    delete_starter_gpo: DeleteStarterGpo,
    copy_starter_gpo: CopyStarterGpo,
    load_starter_gpo: LoadStarterGpo,
    create_ou: CreateOu,
    rename_ou: RenameOu,
    delete_ou: DeleteOu,
    undo_create_gpo: UndoCreateGpo,
    undo_delete_gpo: UndoDeleteGpo,
}

macro_rules! of_system_calls {
    ($($name:ident: $edit:ident,)*) => {
        $(
            #[cfg(target_os = "linux")]
            mod $name {
                use super::*;

                fn test(name: &str) -> String {
                    format!("library::breaking_off::{}::{name}", stringify!($name))
                }

                #[test]
                fn killed_by_system_call() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => {
                            let matrix = Matrix::new(&File, Operation::Admin(Admin::$edit));
                            matrix.kill_at_every_system_call(&test("killed_by_system_call"));
                        }
                    }
                }

                #[test]
                fn without_room() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => {
                            let matrix = Matrix::new(&File, Operation::Admin(Admin::$edit));
                            matrix.fail_at_every_system_call(&test("without_room"));
                        }
                    }
                }
            }
        )*
    };
}

of_system_calls! {
    create_gpo_by_call: CreateGpoFromStarter,
    delete_gpo_by_call: DeleteGpo,
}
