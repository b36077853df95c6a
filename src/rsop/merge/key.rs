//! Keys of settings: texts in lower case with their hash worked out once, since merging compares them again and again.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// What a setting is, the same in every half and every plan.
#[derive(Clone, Debug)]
pub(super) struct Key {
    hash: u64,
    text: Arc<str>,
}

/// A map by key that takes the hash from the key.
pub(super) type KeyMap<K, V> = HashMap<K, V, BuildHasherDefault<KnownHash>>;

impl Key {
    /// Returns the key of a text, which is put into lower case.
    pub fn new(text: &str) -> Self {
        let text: Arc<str> = text.to_lowercase().into();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Key { hash: hasher.finish(), text }
    }

    /// Returns the text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Tells whether a path of names with backslashes between them is another or lies below it.
    pub fn is_within(&self, other: &Key) -> bool {
        let rest = self.text.strip_prefix(&*other.text);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && (Arc::ptr_eq(&self.text, &other.text) || self.text == other.text)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Passes on the hash that a key holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownHash(u64);

impl Hasher for KnownHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_without_case() {
        assert_eq!(Key::new("Software\\K"), Key::new("SOFTWARE\\k"));
        assert_ne!(Key::new("a"), Key::new("b"));
        let check = |path: &str, base: &str| Key::new(path).is_within(&Key::new(base));
        assert!(check("K\\Sub\\Deep", "k\\sub") && check("K\\Sub", "k\\sub") && !check("K\\Subject", "k\\sub"));
    }
}
