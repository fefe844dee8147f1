//! Which mail goes to whom, in which language, when, and what its code is good for.

mod addresses;
mod codes;
mod readers;
mod times;
