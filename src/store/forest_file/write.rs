//! Writes, with the checks and the result codes of a domain controller ([MS-ADTS] 3.1.1.5), access checks left out.

use rusqlite::{Connection, OptionalExtension};

use crate::ident::Dn;
use crate::security::SecurityDescriptor;
use crate::security::inherit::{self, Heir};
use crate::store::{Attribute, Change, SdParts, StoreError, StoreErrorKind};

use super::database::{About, Database, NamingContext};
use super::object::{self, Object};
use super::schema::{self, AttributeType, Count, Owner, Syntax};
use super::search::{elsewhere, holds};
use super::{accounts, builder, descriptor, key, value};

/// LDAP results (RFC 4511 4.1.9).
mod code {
    pub(super) const NO_SUCH_ATTRIBUTE: u32 = 16;
    pub(super) const CONSTRAINT_VIOLATION: u32 = 19;
    pub(super) const ATTRIBUTE_OR_VALUE_EXISTS: u32 = 20;
    pub(super) const INVALID_SYNTAX: u32 = 21;
    pub(super) const NO_SUCH_OBJECT: u32 = 32;
    pub(super) const INVALID_DN_SYNTAX: u32 = 34;
    pub(super) const UNWILLING_TO_PERFORM: u32 = 53;
    pub(super) const NAMING_VIOLATION: u32 = 64;
    pub(super) const OBJECT_CLASS_VIOLATION: u32 = 65;
    pub(super) const NOT_ALLOWED_ON_NON_LEAF: u32 = 66;
    pub(super) const NOT_ALLOWED_ON_RDN: u32 = 67;
    pub(super) const ENTRY_ALREADY_EXISTS: u32 = 68;
    pub(super) const OBJECT_CLASS_MODS_PROHIBITED: u32 = 69;
}

/// Bits of `systemFlags` ([MS-ADTS] 2.2.10).
mod system_flags {
    pub(super) const DISALLOW_DELETE: i64 = 0x8000_0000;
    pub(super) const CONFIG_ALLOW_RENAME: i64 = 0x4000_0000;
    pub(super) const CONFIG_ALLOW_MOVE: i64 = 0x2000_0000;
    pub(super) const DOMAIN_DISALLOW_RENAME: i64 = 0x0800_0000;
    pub(super) const DOMAIN_DISALLOW_MOVE: i64 = 0x0400_0000;
}

/// Classes of the configuration whose objects the directory lets be renamed ([MS-ADTS] 3.1.1.5.2.4).
const RENAMED_IN_CONFIGURATION: [&str; 4] = ["site", "subnet", "siteLink", "server"];
/// Relative identifier of the group Domain Admins, which owns what its members make.
pub(super) const DOMAIN_ADMINS: u32 = 512;
const WHOLE_DESCRIPTOR: SdParts = SdParts(0x0F);

/// A server of a domain within one transaction.
pub(super) struct Writer<'c> {
    pub(super) connection: &'c Connection,
    pub(super) database: &'c Database,
    pub(super) domain: &'c NamingContext,
}

impl Writer<'_> {
    pub(super) fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError> {
        let context = self.context(dn)?;
        let parent_dn = dn.parent().ok_or_else(|| refuse(dn, code::INVALID_DN_SYNTAX, "nothing can be above it"))?;
        if self.find(dn)?.is_some() {
            return Err(already_exists(dn));
        }
        let parent = self.find(&parent_dn)?.filter(|parent| parent.context == context.id);
        let parent = parent.ok_or_else(|| not_found(&parent_dn))?;
        let class_values = attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case("objectClass"));
        let class_values = class_values.map_or(&[][..], |attribute| &attribute.values);
        let classes = builder::full_chain(class_values);
        if classes.is_empty() {
            return Err(refuse(dn, code::OBJECT_CLASS_VIOLATION, "objectClass is missing"));
        }
        if let Some(unknown) = classes.iter().find(|class| schema::class(class).is_none()) {
            return Err(refuse(dn, code::NO_SUCH_ATTRIBUTE, &format!("there is no class `{unknown}`")));
        }
        let class = classes.last().and_then(|name| schema::class(name));
        let class = class.ok_or_else(|| refuse(dn, code::OBJECT_CLASS_VIOLATION, "objectClass is missing"))?;
        check_rdn(dn, class.rdn)?;
        let mut new = Object::new(context, builder::join(dn, &parent.dn)?, classes);
        new.parent = Some(parent.id);
        for attribute in attributes.iter().filter(|attribute| !attribute.name.eq_ignore_ascii_case("objectClass")) {
            self.add_attribute(&mut new, class, attribute)?;
        }
        if new.values("instanceType").is_empty() {
            new.values_mut("instanceType").push(b"4".to_vec());
        }
        if RENAMED_IN_CONFIGURATION.iter().any(|class| new.is(class)) && new.values("systemFlags").is_empty() {
            new.values_mut("systemFlags").push(system_flags::CONFIG_ALLOW_RENAME.to_string().into_bytes());
        }
        self.complete_account(&mut new, context)?;
        self.check_whole(&new)?;
        self.complete_descriptor(&mut new, class.descriptor, &parent)?;
        new.usn_created = object::next_usn(self.connection).about(dn)?;
        new.usn_changed = new.usn_created;
        new.insert(self.connection).map(drop)
    }

    pub(super) fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError> {
        let mut object = self.get(dn)?;
        for change in changes {
            self.apply(&mut object, change)?;
        }
        object.attributes.retain(|attribute| !attribute.values.is_empty());
        self.check_whole(&object)?;
        object.touch(self.connection)?;
        let passes_on = |change: &Change| match change {
            Change::SecurityDescriptor { parts, .. } => parts.0 & (SdParts::DACL.0 | SdParts::SACL.0) != 0,
            Change::Replace(attribute) => attribute.name.eq_ignore_ascii_case("nTSecurityDescriptor"),
            _ => false,
        };
        if !changes.iter().any(passes_on) {
            return object.save(self.connection);
        }
        if let Some(above) = self.descriptor_above(&object)? {
            self.inherit_from(&mut object, &above)?;
        }
        object.save(self.connection)?;
        self.propagate(&object)
    }

    pub(super) fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        let object = self.get(dn)?;
        self.check_deletable(&object)?;
        let has_children = self
            .connection
            .prepare_cached("SELECT 1 FROM entry WHERE parent = ?")
            .and_then(|mut statement| statement.exists((object.id,)))
            .about(dn)?;
        if has_children {
            return Err(StoreError::new(StoreErrorKind::NotEmpty, dn).with_code(code::NOT_ALLOWED_ON_NON_LEAF));
        }
        object::delete_subtree(self.connection, &object)
    }

    pub(super) fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        let object = self.get(dn)?;
        let (first, last) = key::below(&key::of(dn));
        let below: Vec<i64> = self
            .connection
            .prepare_cached("SELECT id FROM entry WHERE naming_context = ? AND key >= ? AND key < ?")
            .and_then(|mut statement| statement.query_map((object.context, first, last), |row| row.get(0))?.collect())
            .about(dn)?;
        self.check_deletable(&object)?;
        for id in below {
            if let Some(child) = Object::load_by_id(self.connection, id)? {
                self.check_deletable(&child)?;
                if child.values("isCriticalSystemObject").first().is_some_and(|value| value == b"TRUE") {
                    return Err(refuse(&child.dn, code::UNWILLING_TO_PERFORM, "it is a critical system object"));
                }
            }
        }
        object::delete_subtree(self.connection, &object)
    }

    pub(super) fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError> {
        let object = self.get(dn)?;
        let Some(old_parent_dn) = object.dn.parent().filter(|_| object.parent.is_some()) else {
            return Err(refuse(dn, code::UNWILLING_TO_PERFORM, "the top of a domain cannot be renamed"));
        };
        let rdn = Dn::parse(new_rdn).ok().filter(|rdn| rdn.depth() == 1);
        let rdn = rdn.ok_or_else(|| refuse(dn, code::INVALID_DN_SYNTAX, &format!("`{new_rdn}` is no name")))?;
        let naming = object.classes.iter().rev().find_map(|name| schema::class(name)).map_or("cn", |class| class.rdn);
        check_rdn(&rdn, naming)?;
        let parent_dn = new_parent.unwrap_or(&old_parent_dn);
        let parent = self.find(parent_dn)?.ok_or_else(|| not_found(parent_dn))?;
        if parent.context != object.context {
            return Err(refuse(dn, code::UNWILLING_TO_PERFORM, "it cannot move to another domain or partition"));
        }
        if parent.dn.is_within(&object.dn) {
            return Err(refuse(dn, code::UNWILLING_TO_PERFORM, "it cannot move below itself"));
        }
        let new_dn = builder::join(&rdn, &parent.dn)?;
        let is_moved = Some(parent.id) != object.parent;
        let is_renamed = rdn.rdn() != object.dn.rdn();
        self.check_movable(&object, is_renamed, is_moved)?;
        if self.find(&new_dn)?.is_some_and(|present| present.id != object.id) {
            return Err(already_exists(&new_dn));
        }
        object::move_subtree(self.connection, &object, &new_dn, Some(parent.id))?;
        let Some(mut moved) = Object::load_by_id(self.connection, object.id)? else { return Err(not_found(&new_dn)) };
        moved.touch(self.connection)?;
        let is_changed = match self.descriptor_above(&moved)? {
            Some(above) if is_moved => self.inherit_from(&mut moved, &above)?,
            _ => false,
        };
        moved.save(self.connection)?;
        if is_changed { self.propagate(&moved) } else { Ok(()) }
    }

    fn descriptor_above(&self, object: &Object) -> Result<Option<SecurityDescriptor>, StoreError> {
        let Some(parent) = object.parent else { return Ok(None) };
        let Some(parent) = Object::load_by_id(self.connection, parent)? else { return Ok(None) };
        match parent.descriptor {
            Some(bytes) => Ok(SecurityDescriptor::from_bytes(&bytes).ok()),
            // An imported object without one passes nothing on.
            None => Ok(Some(SecurityDescriptor::default())),
        }
    }

    /// Returns the naming context of an object, if this server holds it.
    fn context(&self, dn: &Dn) -> Result<&NamingContext, StoreError> {
        let layout = &self.database.layout;
        let context = layout.locate(&key::of(dn)).ok_or_else(|| not_found(dn))?;
        if holds(layout, self.domain, context) { Ok(context) } else { Err(elsewhere(dn, context)) }
    }

    fn find(&self, dn: &Dn) -> Result<Option<Object>, StoreError> {
        match self.database.layout.locate(&key::of(dn)) {
            Some(context) => Object::load(self.connection, context, dn),
            None => Ok(None),
        }
    }

    fn get(&self, dn: &Dn) -> Result<Object, StoreError> {
        let context = self.context(dn)?;
        Object::load(self.connection, context, dn)?.ok_or_else(|| not_found(dn))
    }

    fn add_attribute(
        &self,
        new: &mut Object,
        class: &schema::ClassType,
        attribute: &Attribute,
    ) -> Result<(), StoreError> {
        if attribute.name.eq_ignore_ascii_case(class.rdn) {
            let is_name = matches!(&attribute.values[..], [value] if value::equals(Syntax::Text, value, new.dn.name().as_bytes()));
            let detail = format!("{} is not the one in its name", class.rdn);
            return if is_name { Ok(()) } else { Err(refuse(&new.dn, code::NAMING_VIOLATION, &detail)) };
        }
        let known = known_attribute(&new.dn, &attribute.name)?;
        let is_foreign = known.name == "objectSid" && new.is("foreignSecurityPrincipal");
        if known.owner == Owner::System && !is_foreign {
            return Err(owned_by_system(&new.dn, known));
        }
        if known.syntax == Syntax::Descriptor {
            return self.set_descriptor(new, WHOLE_DESCRIPTOR, single(&new.dn, attribute)?);
        }
        if attribute.values.is_empty() {
            return Err(refuse(&new.dn, code::CONSTRAINT_VIOLATION, &format!("{} has no value", known.name)));
        }
        self.replace_values(new, known, &attribute.values)
    }

    fn apply(&self, object: &mut Object, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Swap { attribute, old, new } => {
                let known = changeable(object, attribute)?;
                if known.syntax == Syntax::Descriptor {
                    let detail = "a security descriptor can only be replaced";
                    return Err(refuse(&object.dn, code::UNWILLING_TO_PERFORM, detail));
                }
                if let Some(old) = old {
                    remove_value(object, known, old)?;
                }
                new.as_ref().map_or(Ok(()), |new| add_value(object, known, new))
            }
            Change::Replace(attribute) => {
                let known = changeable(object, &attribute.name)?;
                if known.syntax == Syntax::Descriptor {
                    let bytes = single(&object.dn, attribute)?;
                    return self.set_descriptor(object, WHOLE_DESCRIPTOR, bytes);
                }
                self.replace_values(object, known, &attribute.values)
            }
            Change::Add(attribute) => {
                let known = changeable(object, &attribute.name)?;
                if attribute.values.is_empty() {
                    return Err(refuse(&object.dn, code::CONSTRAINT_VIOLATION, "no value to add"));
                }
                attribute.values.iter().try_for_each(|value| add_value(object, known, value))
            }
            Change::Remove(attribute) => {
                let known = changeable(object, &attribute.name)?;
                if attribute.values.is_empty() && object.values(known.name).is_empty() {
                    return Err(conflict(&object.dn, code::NO_SUCH_ATTRIBUTE, known.name, "it has no value"));
                }
                if attribute.values.is_empty() {
                    object.values_mut(known.name).clear();
                }
                attribute.values.iter().try_for_each(|value| remove_value(object, known, value))
            }
            Change::SecurityDescriptor { parts, descriptor } => self.set_descriptor(object, *parts, descriptor),
        }
    }

    fn replace_values(
        &self,
        object: &mut Object,
        known: &'static AttributeType,
        values: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        if known.count == Count::One && values.len() > 1 {
            let detail = format!("{} takes one value", known.name);
            return Err(refuse(&object.dn, code::CONSTRAINT_VIOLATION, &detail));
        }
        object.values_mut(known.name).clear();
        values.iter().try_for_each(|value| add_value(object, known, value)).map_err(|error| {
            // A value given twice is the caller's mistake, nobody else's change.
            let is_twice = error.kind == StoreErrorKind::Conflict;
            if is_twice { StoreError { kind: StoreErrorKind::InvalidValue, ..error } } else { error }
        })
    }

    fn set_descriptor(&self, object: &mut Object, parts: SdParts, bytes: &[u8]) -> Result<(), StoreError> {
        descriptor::select(bytes, parts)
            .map_err(|_| refuse(&object.dn, code::INVALID_SYNTAX, "this is no security descriptor"))?;
        let merged = descriptor::replace(object.descriptor.as_deref(), parts, bytes).map_err(|_| {
            StoreError::new(StoreErrorKind::Corrupt, &object.dn).with_detail("its security descriptor does not read")
        })?;
        object.descriptor = Some(merged);
        Ok(())
    }

    /// Gives an account what the directory gives it: a SID and a name.
    fn complete_account(&self, new: &mut Object, context: &NamingContext) -> Result<(), StoreError> {
        let is_account = new.is("user") || new.is("group");
        if !is_account {
            return Ok(());
        }
        let sid = accounts::next_sid(self.connection, context)?;
        if new.values("sAMAccountName").is_empty() {
            let name = format!("${}", sid.rid().unwrap_or_default());
            new.values_mut("sAMAccountName").push(name.into_bytes());
        }
        let name = value::fold(Syntax::Text, &new.values("sAMAccountName")[0]).into_owned();
        let attribute = schema::attribute_code("sAMAccountName").unwrap_or_default() as i64;
        let taken = self
            .connection
            .prepare_cached(
                "SELECT 1 FROM lookup JOIN entry ON entry.id = lookup.entry
                 WHERE lookup.attribute = ? AND lookup.value = ? AND entry.naming_context = ?",
            )
            .and_then(|mut statement| statement.query_row((attribute, name, context.id), |_| Ok(())).optional())
            .about(&new.dn)?;
        if taken.is_some() {
            return Err(already_exists(&new.dn).with_detail("another account has this sAMAccountName"));
        }
        new.values_mut("objectSid").push(sid.to_bytes());
        Ok(())
    }

    /// Gives a new object the descriptor that its class and the object above it say.
    fn complete_descriptor(&self, new: &mut Object, class_sddl: &str, parent: &Object) -> Result<(), StoreError> {
        let domain = self.database.layout.domains.iter().find(|domain| domain.id == new.context);
        let root = self.database.layout.root();
        let domain_sid = accounts::domain_sid(self.connection, domain.unwrap_or(root))?;
        let root_sid = accounts::domain_sid(self.connection, root)?;
        let sids = domain_sid.or_else(|| root_sid.clone()).zip(root_sid);
        let own = match &new.descriptor {
            Some(given) => Some(
                SecurityDescriptor::from_bytes(given)
                    .map_err(|error| refuse(&new.dn, code::INVALID_SYNTAX, &error.to_string()))?,
            ),
            None => sids.as_ref().and_then(|(domain, root)| inherit::class_default(class_sddl, domain, root)),
        };
        let Some(own) = own else { return Ok(()) };
        let administrators = sids.and_then(|(domain, _)| domain.child(DOMAIN_ADMINS));
        let above = parent.descriptor.as_deref().and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
        let heir = Heir::Object(new.classes.last().map_or("", String::as_str));
        let complete = inherit::of_new(own, above.as_ref(), administrators.as_ref(), heir);
        new.descriptor = Some(self.bytes_of(&new.dn, &complete)?);
        Ok(())
    }

    /// Lets what an object passes on flow down to those below that are open to it.
    fn propagate(&self, object: &Object) -> Result<(), StoreError> {
        let above = object.descriptor.as_deref().and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
        let Some(above) = above else { return Ok(()) };
        let children: Vec<i64> = self
            .connection
            .prepare_cached("SELECT id FROM entry WHERE parent = ?")
            .and_then(|mut statement| statement.query_map((object.id,), |row| row.get(0))?.collect())
            .about(&object.dn)?;
        for id in children {
            let Some(mut child) = Object::load_by_id(self.connection, id)? else { continue };
            if self.inherit_from(&mut child, &above)? {
                child.save(self.connection)?;
                self.propagate(&child)?;
            }
        }
        Ok(())
    }

    /// Takes what an object inherits anew; tells whether that changed anything. A descriptor that does not read stays as it is.
    fn inherit_from(&self, object: &mut Object, above: &SecurityDescriptor) -> Result<bool, StoreError> {
        let present = object.descriptor.as_deref().and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
        let Some(present) = present else { return Ok(false) };
        let heir = Heir::Object(object.classes.last().map_or("", String::as_str));
        let new = inherit::inherit(&present, above, heir);
        if new == present {
            return Ok(false);
        }
        object.descriptor = Some(self.bytes_of(&object.dn, &new)?);
        Ok(true)
    }

    fn bytes_of(&self, dn: &Dn, descriptor: &SecurityDescriptor) -> Result<Vec<u8>, StoreError> {
        descriptor.to_bytes().map_err(|error| refuse(dn, code::CONSTRAINT_VIOLATION, &error.to_string()))
    }

    /// Checks what must hold whatever was changed.
    fn check_whole(&self, object: &Object) -> Result<(), StoreError> {
        let musts = object.classes.iter().filter_map(|name| schema::class(name)).flat_map(|class| class.must);
        for must in musts {
            let is_name =
                object.dn.rdn().split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(must));
            if !is_name && object.values(must).is_empty() {
                return Err(refuse(&object.dn, code::OBJECT_CLASS_VIOLATION, &format!("{must} is missing")));
            }
        }
        Ok(())
    }

    fn check_deletable(&self, object: &Object) -> Result<(), StoreError> {
        if object.parent.is_none() {
            return Err(refuse(&object.dn, code::UNWILLING_TO_PERFORM, "the top of a domain cannot be deleted"));
        }
        if object.number("systemFlags") & system_flags::DISALLOW_DELETE != 0 {
            return Err(refuse(&object.dn, code::UNWILLING_TO_PERFORM, "systemFlags protects it from being deleted"));
        }
        Ok(())
    }

    fn check_movable(&self, object: &Object, is_renamed: bool, is_moved: bool) -> Result<(), StoreError> {
        let flags = object.number("systemFlags");
        let in_domain = self.database.layout.domains.iter().any(|domain| domain.id == object.context);
        let (may_rename, may_move) = if in_domain {
            (flags & system_flags::DOMAIN_DISALLOW_RENAME == 0, flags & system_flags::DOMAIN_DISALLOW_MOVE == 0)
        } else {
            (flags & system_flags::CONFIG_ALLOW_RENAME != 0, flags & system_flags::CONFIG_ALLOW_MOVE != 0)
        };
        if is_renamed && !may_rename || is_moved && !may_move {
            let what = if is_moved && !may_move { "moved" } else { "renamed" };
            let detail = format!("systemFlags protects it from being {what}");
            return Err(refuse(&object.dn, code::UNWILLING_TO_PERFORM, &detail));
        }
        Ok(())
    }
}

/// Returns the attribute if the schema has it.
fn known_attribute(dn: &Dn, name: &str) -> Result<&'static AttributeType, StoreError> {
    schema::attribute(name)
        .ok_or_else(|| refuse(dn, code::NO_SUCH_ATTRIBUTE, &format!("the schema has no attribute `{name}`")))
}

/// Returns the attribute if it may be changed on an object that is there.
fn changeable(object: &Object, name: &str) -> Result<&'static AttributeType, StoreError> {
    let known = known_attribute(&object.dn, name)?;
    let is_name = object.dn.rdn().split_once('=').is_some_and(|(naming, _)| naming.trim().eq_ignore_ascii_case(name));
    if is_name || known.name == "name" {
        return Err(refuse(&object.dn, code::NOT_ALLOWED_ON_RDN, "the name changes only by renaming"));
    }
    if known.name == "objectClass" {
        return Err(refuse(&object.dn, code::OBJECT_CLASS_MODS_PROHIBITED, "the class of an object is fixed"));
    }
    if known.owner == Owner::Anyone { Ok(known) } else { Err(owned_by_system(&object.dn, known)) }
}

fn add_value(object: &mut Object, known: &'static AttributeType, value: &[u8]) -> Result<(), StoreError> {
    check_value(&object.dn, known, value)?;
    let values = object.values(known.name);
    if values.iter().any(|present| value::equals(known.syntax, present, value)) {
        return Err(conflict(&object.dn, code::ATTRIBUTE_OR_VALUE_EXISTS, known.name, "it has this value already"));
    }
    if known.count == Count::One && !values.is_empty() {
        return Err(conflict(&object.dn, code::ATTRIBUTE_OR_VALUE_EXISTS, known.name, "it has a value already"));
    }
    object.values_mut(known.name).push(value.to_vec());
    Ok(())
}

fn remove_value(object: &mut Object, known: &'static AttributeType, value: &[u8]) -> Result<(), StoreError> {
    let found = object.values(known.name).iter().position(|present| value::equals(known.syntax, present, value));
    let Some(found) = found else {
        return Err(conflict(&object.dn, code::NO_SUCH_ATTRIBUTE, known.name, "it no longer has this value"));
    };
    object.values_mut(known.name).remove(found);
    Ok(())
}

fn check_value(dn: &Dn, known: &AttributeType, value: &[u8]) -> Result<(), StoreError> {
    let text = std::str::from_utf8(value).ok();
    let fits = match known.syntax {
        _ if value.is_empty() => false,
        Syntax::Text => text.is_some(),
        Syntax::Integer => text.is_some_and(|text| text.parse::<i32>().is_ok()),
        Syntax::LargeInteger => text.is_some_and(|text| text.parse::<i64>().is_ok()),
        Syntax::Boolean => matches!(value, b"TRUE" | b"FALSE"),
        Syntax::Dn => text.is_some_and(|text| Dn::parse(text).is_ok()),
        Syntax::Time => text.is_some_and(|text| crate::ident::Timestamp::parse_generalized(text).is_ok()),
        Syntax::Sid => crate::ident::Sid::from_bytes(value).is_ok(),
        Syntax::Octets | Syntax::Descriptor => true,
    };
    if !fits {
        return Err(refuse(dn, code::INVALID_SYNTAX, &format!("{} does not take this value", known.name)));
    }
    let length = text.map_or(0, |text| text.encode_utf16().count());
    if known.longest != 0 && length > known.longest {
        let detail = format!("{} takes at most {} characters", known.name, known.longest);
        return Err(refuse(dn, code::CONSTRAINT_VIOLATION, &detail));
    }
    Ok(())
}

/// Checks that a name starts with the attribute its class is named by, and is not too long.
fn check_rdn(dn: &Dn, naming: &str) -> Result<(), StoreError> {
    let is_right = dn.rdn().split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(naming));
    if !is_right {
        return Err(refuse(
            dn,
            code::NAMING_VIOLATION,
            &format!("its name must start with {}=", naming.to_uppercase()),
        ));
    }
    match schema::attribute(naming) {
        Some(known) => check_value(dn, known, dn.name().as_bytes()),
        None => Ok(()),
    }
}

fn single<'a>(dn: &Dn, attribute: &'a Attribute) -> Result<&'a [u8], StoreError> {
    match &attribute.values[..] {
        [value] => Ok(value),
        _ => Err(refuse(dn, code::CONSTRAINT_VIOLATION, &format!("{} takes one value", attribute.name))),
    }
}

fn refuse(dn: &Dn, code: u32, detail: &str) -> StoreError {
    StoreError::new(StoreErrorKind::InvalidValue, dn).with_code(code).with_detail(detail)
}

fn conflict(dn: &Dn, code: u32, attribute: &str, detail: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, dn).with_code(code).with_detail(format!("{attribute}: {detail}"))
}

fn owned_by_system(dn: &Dn, known: &AttributeType) -> StoreError {
    refuse(dn, code::CONSTRAINT_VIOLATION, &format!("only the directory itself writes {}", known.name))
}

fn not_found(dn: &Dn) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, dn).with_code(code::NO_SUCH_OBJECT)
}

fn already_exists(dn: &Dn) -> StoreError {
    StoreError::new(StoreErrorKind::AlreadyExists, dn).with_code(code::ENTRY_ALREADY_EXISTS)
}
