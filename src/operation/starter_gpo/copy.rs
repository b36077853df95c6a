//! Copies of starter GPOs (IGPMStarterGPO.CopyTo).

use std::collections::HashSet;

use crate::format::StarterGpoField;
use crate::gpm::{Domain, MessageId, OperationError, StarterGpo, StarterGpoType, StatusMessage, Task};
use crate::ident::{Guid, Timestamp};
use crate::operation::copy::name_of_copy;

use super::backup::find;
use super::content::{StarterContent, open_sysvol};
use super::folder::{put_in_place, tidy};
use super::{STEPS, written};

/// Copies a starter GPO within its domain or into another. The copy has a GUID of its own, the permissions of a new starter GPO, and is a custom
/// one. Without a name it is called `Copy of …`. After a failure or cancel there is no copy.
///
/// # Errors
/// Fails where the original is not there, cannot be read or holds more than administrative templates, a starter GPO of the name given exists, or
/// SYSVOL cannot be written.
pub async fn copy_starter_gpo(
    source: &Domain,
    id: Guid,
    target: &Domain,
    new_name: Option<&str>,
    task: &Task,
) -> Result<StarterGpo, OperationError> {
    task.progress(0, STEPS);
    task.checkpoint()?;
    let mut content = StarterContent::read_live(source, id, task).await?;
    let original = find(source, id, task).await?;
    task.progress(1, STEPS);
    let sysvol = open_sysvol(target, task).await?;
    tidy(&*sysvol, task).await?;
    let starters = task.or_cancel(target.starter_gpos()).await?.map_err(|error| OperationError::of_read(&error))?;
    let taken: HashSet<String> = starters.values.iter().map(|starter| starter.display_name.to_lowercase()).collect();
    let name = name_of_copy("starter GPO", target.name(), &original.display_name, new_name, &taken)?;
    let new = Guid::random();
    content.change_metadata(&values_of_copy(&content, &original, &name, new)?)?;
    task.progress(2, STEPS);
    task.activity(format!("Copying {}", original.display_name));
    put_in_place(&*sysvol, new, &content.tree, None, task).await?;
    let message = format!("{} was copied to {name} in {}", original.display_name, target.name());
    task.message(StatusMessage::information(MessageId::Done, message).about(new));
    written(target, new, task).await
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
