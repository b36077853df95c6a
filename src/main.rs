//! The program: reads the command line, starts the console or a subcommand.
fn main() {}
