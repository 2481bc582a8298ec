//! What comes into the business from outside: the demo business, and leads of files.

pub mod demo;
