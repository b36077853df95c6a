//! Backup, restore, import and copy on a forest file, broken off at every step.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::ident::DnsName;
use opengpmc::store::{ForestFile, ForestStore};

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
    ($($name:ident: $operation:ident,)*) => {
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
                        None => Matrix::new(&File, Operation::$operation).kill_at_every_point(&test("killed")),
                    }
                }

                #[cfg(target_os = "linux")]
                #[test]
                fn killed_by_system_call() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => {
                            let matrix = Matrix::new(&File, Operation::$operation);
                            matrix.kill_at_every_system_call(&test("killed_by_system_call"));
                        }
                    }
                }

                #[cfg(target_os = "linux")]
                #[test]
                fn without_room() {
                    match child::role() {
                        Some(role) => run_as_child(&File, &role),
                        None => Matrix::new(&File, Operation::$operation).fail_at_every_system_call(&test("without_room")),
                    }
                }

                #[test]
                fn cancelled() {
                    Matrix::new(&File, Operation::$operation).cancel_at_every_point();
                }

                #[test]
                fn failed() {
                    Matrix::new(&File, Operation::$operation).fail_at_every_write();
                }
            }
        )*
    };
}

of_every_operation! {
    backup: Backup,
    restore: Restore,
    restore_of_a_deleted_gpo: RestoreDeleted,
    import: Import,
    copy: Copy,
    copy_to_another_domain: CopyAcross,
}
