//! Copies of starter GPOs (IGPMStarterGPO.CopyTo).

use std::collections::HashSet;

use crate::format::StarterGpoField;
use crate::gpm::{Domain, OperationError, StarterGpo, StarterGpoType, Task};
use crate::ident::{Guid, Timestamp};
use crate::operation::copy::name_of_copy;

use super::backup::find;
use super::content::StarterContent;

/// Returns what a copy of a starter GPO consists of: in the domain given, with the GUID and the name given, or called `Copy of …`.
///
/// # Errors
/// Fails where the original is not there, cannot be read or holds more than administrative templates, or a starter GPO of the name given exists.
pub(in crate::operation) async fn copied_content(
    source: &Domain,
    id: Guid,
    (target, new, new_name): (&Domain, Guid, Option<&str>),
    task: &Task,
) -> Result<StarterContent, OperationError> {
    let mut content = StarterContent::read_live(source, id, task).await?;
    let original = find(source, id, task).await?;
    let starters = task.or_cancel(target.starter_gpos()).await?.map_err(|error| OperationError::of_read(&error))?;
    let taken: HashSet<String> = starters.values.iter().map(|starter| starter.display_name.to_lowercase()).collect();
    let name = name_of_copy("starter GPO", target.name(), &original.display_name, new_name, &taken)?;
    content.change_metadata(&values_of_copy(&content, &original, &name, new)?)?;
    Ok(content)
}

/// Returns what a copy says otherwise than its original.
fn values_of_copy(
    content: &StarterContent,
    original: &StarterGpo,
    name: &str,
    new: Guid,
) -> Result<Vec<(StarterGpoField, String)>, OperationError> {
    let file = content.metadata()?;
    let mut values = vec![(StarterGpoField::DisplayName, name.to_owned())];
    if !file.value(StarterGpoField::Id).is_empty() {
        values.push((StarterGpoField::Id, new.to_string()));
    }
    if original.kind == StarterGpoType::System {
        values.push((StarterGpoField::Type, file.type_text(false).to_owned()));
        // Only system ones have them.
        let of_system = [StarterGpoField::Author, StarterGpoField::Product];
        values.extend(of_system.into_iter().filter(|field| !file.value(*field).is_empty()).map(|f| (f, String::new())));
    }
    let now = file.time_text(Timestamp::now());
    let times = [StarterGpoField::Created, StarterGpoField::Modified];
    values.extend(times.into_iter().filter(|field| !file.value(*field).is_empty()).map(|f| (f, now.clone())));
    Ok(values)
}
