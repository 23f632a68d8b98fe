//! Operations: each a function from a text to splices that keeps everything it does not mean.
//!
//! An operation whose result is there already gives no splices, so that two repairs may ask for
//! the same import.

mod calls;
mod dotenv;
mod imports;
mod list;
mod manifest;
mod move_import;
mod plain;
mod python;
mod requirements;
mod url;
mod uses;

use crate::model::EditOp;

use super::FixError;
use super::doc::Doc;
use super::splice::Splice;

/// What an operation means for a text.
pub fn splices(doc: &Doc<'_>, op: &EditOp) -> Result<Vec<Splice>, FixError> {
    match op {
        EditOp::RequirementAdd { spec, .. } => requirements::add(doc, spec),
        EditOp::RequirementReplace {
            line, from, spec, ..
        } => requirements::replace(doc, *line, from, spec),
        EditOp::RequirementRemove { line, name, .. } => requirements::remove(doc, *line, name),
        EditOp::ImportAdd {
            module,
            name,
            alias,
            ..
        } => imports::add(doc, module, name, alias.as_deref()),
        EditOp::ImportRemove { module, name, .. } => imports::remove(doc, module, name),
        EditOp::ImportRemoveIfUnused { module, name, .. } => {
            imports::remove_if_unused(doc, module, name)
        }
        EditOp::ImportMoveIntoFunction { module, name, .. } => {
            move_import::into_functions(doc, module, name)
        }
        EditOp::CallRename {
            callee,
            to_module,
            to_name,
            ..
        } => calls::rename(doc, *callee, to_module, to_name),
        EditOp::ArgSet {
            call, name, value, ..
        } => calls::set_argument(doc, *call, name, value),
        EditOp::ArgRemove { call, name, .. } => calls::remove_argument(doc, *call, name),
        EditOp::UrlSetScheme { url, to, .. } => url::set_scheme(doc, *url, to),
        EditOp::UrlRenameParam {
            url,
            from,
            to,
            value,
            ..
        } => url::rename_param(doc, *url, from, to, value.as_deref()),
        EditOp::UrlDropParam { url, name, .. } => url::drop_param(doc, *url, name),
        EditOp::EnvAdd {
            name,
            value,
            comment,
            ..
        } => dotenv::add(doc, name, value, comment),
        EditOp::EnvSet { name, value, .. } => dotenv::set(doc, name, value),
        EditOp::TextReplace {
            at, expect, insert, ..
        } => plain::replace(doc, *at, expect, insert),
        EditOp::TextInsertAfter { line, text, .. } => plain::insert_after(doc, *line, text),
        EditOp::FileRename { .. } => Err(FixError::Manual),
    }
}
