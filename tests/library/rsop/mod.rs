//! Planning what applies to whom: the cases of the rules one by one, what real clients did, and laws that hold in every forest.

mod forest;
mod inheritance;
mod sites_and_domains;
mod halves;
mod security_filtering;
mod wmi_filtering;
mod loopback;
mod slow_links;
mod inputs;
mod documents;
mod measured;
mod laws;
mod what_if;
mod explained;
mod broken;
mod merge_corpus;
