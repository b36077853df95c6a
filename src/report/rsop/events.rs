//! The events of a pass of policy processing, as the result keeps them (the element `EventsDetails`).

use crate::report::Element;

/// The events of one pass (the element `SinglePassEventsDetails`), as they stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEvents {
    element: Element,
}

impl PolicyEvents {
    pub(super) fn new(element: Element) -> Self {
        PolicyEvents { element }
    }

    pub(super) fn element(&self) -> &Element {
        &self.element
    }
}
