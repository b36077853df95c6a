//! What values read from an element cannot say.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use crate::report::Element;

/// How an element was written whose children were read into values: their order, and everything that the values would write
/// otherwise or not at all. Nothing for values that were made and not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    attributes: Vec<(Cow<'static, str>, String)>,
    /// What stood there instead of children.
    text: String,
    /// The children as they stood.
    slots: Vec<Slot>,
    /// What the values write although nothing of it was there.
    absent: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    /// The next child of this name that the values write.
    Next(Cow<'static, str>),
    /// A child that the values write otherwise, as long as they write `read_as`.
    Otherwise { written: Element, read_as: Element },
    /// A child that no value stands for.
    Unknown(Element),
}

type Queues = HashMap<Cow<'static, str>, VecDeque<(usize, Element)>>;

impl Kept {
    /// Returns what is to be kept of an element, given the children that the values read from it write.
    pub(super) fn of(original: &Element, generated: Vec<Element>) -> Self {
        let kept = Kept { attributes: original.attributes.clone(), text: original.text.clone(), ..Kept::default() };
        if original.children == generated {
            return kept;
        }
        let mut queues = queues(generated);
        let slots = original.children.iter().map(|child| match next(&mut queues, &child.name) {
            Some((_, element)) if element == *child => Slot::Next(child.name.clone()),
            Some((_, read_as)) => Slot::Otherwise { written: child.clone(), read_as },
            None => Slot::Unknown(child.clone()),
        });
        let slots = slots.collect();
        let absent = left_over(queues).into_iter().map(|(_, element)| element).collect();
        Kept { slots, absent, ..kept }
    }

    /// Puts the children that the values write into an element, as they stood when it was read.
    pub(super) fn fill(&self, element: &mut Element, generated: Vec<Element>) {
        element.attributes.extend(self.attributes.iter().cloned());
        if self.slots.is_empty() && self.absent.is_empty() {
            element.children = generated;
        } else {
            self.arrange(element, generated);
        }
        if element.children.is_empty() {
            element.text.clone_from(&self.text);
        }
    }

    fn arrange(&self, element: &mut Element, generated: Vec<Element>) {
        let names: Vec<Cow<'static, str>> = generated.iter().map(|child| child.name.clone()).collect();
        let mut queues = queues(generated);
        for absent in self.absent.iter().rev() {
            if let Some(queue) = queues.get_mut(&absent.name)
                && queue.back().is_some_and(|(_, element)| element == absent)
            {
                queue.pop_back();
            }
        }
        for slot in &self.slots {
            match slot {
                Slot::Next(name) => element.children.extend(next(&mut queues, name).map(|(_, child)| child)),
                Slot::Otherwise { written, read_as } => match next(&mut queues, &read_as.name) {
                    Some((_, child)) if child == *read_as => element.children.push(written.clone()),
                    changed => element.children.extend(changed.map(|(_, child)| child)),
                },
                Slot::Unknown(child) => element.children.push(child.clone()),
            }
        }
        // What is new stands behind what stands before it elsewhere.
        for (index, child) in left_over(queues) {
            let before = names.get(..=index).unwrap_or_default();
            let place = element.children.iter().rposition(|other| before.contains(&other.name));
            element.children.insert(place.map_or(0, |place| place + 1), child);
        }
    }

    /// Tells whether anything was read that no value stands for.
    pub fn has_unknown(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot, Slot::Unknown(_)))
    }
}

fn queues(elements: Vec<Element>) -> Queues {
    let mut queues = Queues::new();
    for (index, element) in elements.into_iter().enumerate() {
        queues.entry(element.name.clone()).or_default().push_back((index, element));
    }
    queues
}

fn next(queues: &mut Queues, name: &str) -> Option<(usize, Element)> {
    queues.get_mut(name)?.pop_front()
}

/// Returns what is left in the order in which it was written.
fn left_over(queues: Queues) -> Vec<(usize, Element)> {
    let mut left: Vec<(usize, Element)> = queues.into_values().flatten().collect();
    left.sort_by_key(|(index, _)| *index);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(children: &str) -> Element {
        let children = children.split_whitespace().map(|child| match child.split_once('=') {
            Some((name, text)) => Element::text(name.to_owned(), text),
            None => Element::new(child.to_owned()),
        });
        Element::new("R").with_all(children)
    }

    fn written(element: &Element) -> String {
        let children = element.children.iter().map(|child| match child.text.as_str() {
            "" => child.name.to_string(),
            text => format!("{}={text}", child.name),
        });
        children.collect::<Vec<_>>().join(" ")
    }

    /// Checks what is written where `read` was read as what `generated` would write, and the values write `now`.
    fn check(read: &str, generated: &str, now: &str, expected: &str) {
        let kept = Kept::of(&element(read), element(generated).children);
        let mut out = Element::new("R");
        kept.fill(&mut out, element(now).children);
        assert_eq!(written(&out), expected);
    }

    #[test]
    fn what_was_read_is_written_as_it_stood() {
        check("b=1 x a=2 b=3", "a=2 b=1 b=3", "a=2 b=1 b=3", "b=1 x a=2 b=3");
        check("a=01 c", "a=1 b=0", "a=1 b=0", "a=01 c");
        check("a=1 a=2", "a=1", "a=1", "a=1 a=2");
        check("", "a=1", "a=1", "");
    }

    #[test]
    fn what_was_changed_since_is_written_as_it_is() {
        check("a=01 c", "a=1 b=0", "a=2 b=0", "a=2 c");
        check("a=01 c", "a=1 b=0", "a=1 b=5", "a=01 b=5 c");
        check("a=1 x b=1 b=2 c=1", "a=1 b=1 b=2 c=1", "a=1 b=1 c=1", "a=1 x b=1 c=1");
        check("a=1 x b=1 c=1", "a=1 b=1 c=1", "a=1 b=1 b=7 c=1", "a=1 x b=1 b=7 c=1");
        check("x c=1", "c=1", "a=1 c=1", "a=1 x c=1");
    }
}
