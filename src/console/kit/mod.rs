//! The pieces every view is built from: drawn, named and driven by the keyboard in one way everywhere.

pub mod accessible;
pub mod data_table;
pub mod focus;
pub mod job_window;
pub mod document_view;
pub mod property_list;
pub mod tab_bar;
pub mod notice;
pub mod save_dialog;
