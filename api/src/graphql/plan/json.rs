//! Values as JSON, straight into the bytes of an answer.

use std::borrow::Cow;
use std::io::Write as _;

use async_graphql::resolver_utils::EnumType;

use crate::graphql::ids::Key;
use crate::graphql::scalars::{Day, Moment, Number};

/// A scalar that a plan can write.
pub(in crate::graphql) trait Json {
    /// Appends it.
    fn write(&self, out: &mut Vec<u8>);
}

/// Writing into memory does not fail.
fn text(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    let _ = write!(out, "\"{value}\"");
}

impl Json for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Json for i32 {
    fn write(&self, out: &mut Vec<u8>) {
        let _ = write!(out, "{self}");
    }
}

impl Json for str {
    fn write(&self, out: &mut Vec<u8>) {
        let _ = serde_json::to_writer(out, self);
    }
}

impl Json for Cow<'static, str> {
    fn write(&self, out: &mut Vec<u8>) {
        str::write(self, out);
    }
}

impl Json for String {
    fn write(&self, out: &mut Vec<u8>) {
        str::write(self, out);
    }
}

// What these print needs no escaping.

impl Json for Key {
    fn write(&self, out: &mut Vec<u8>) {
        text(self, out);
    }
}

impl Json for Number {
    fn write(&self, out: &mut Vec<u8>) {
        text(self.0, out);
    }
}

impl Json for Day {
    fn write(&self, out: &mut Vec<u8>) {
        text(self.0, out);
    }
}

impl Json for Moment {
    fn write(&self, out: &mut Vec<u8>) {
        text(self.text(), out);
    }
}

impl<J: Json> Json for Option<J> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// A value of an enumeration, by its name in the graph.
pub(in crate::graphql) struct Word<E>(pub(in crate::graphql) E);

impl<E: EnumType> Json for Word<E> {
    fn write(&self, out: &mut Vec<u8>) {
        let name = E::items().iter().find(|item| item.value == self.0).map_or("", |item| item.name);
        text(name, out);
    }
}

/// Items between brackets.
pub(super) fn array<I>(items: impl IntoIterator<Item = I>, out: &mut Vec<u8>, write: impl FnMut(I, &mut Vec<u8>)) {
    out.push(b'[');
    separated(items, out, write);
    out.push(b']');
}

/// Fields between braces.
pub(super) fn object<I>(fields: impl IntoIterator<Item = I>, out: &mut Vec<u8>, write: impl FnMut(I, &mut Vec<u8>)) {
    out.push(b'{');
    separated(fields, out, write);
    out.push(b'}');
}

fn separated<I>(items: impl IntoIterator<Item = I>, out: &mut Vec<u8>, mut write: impl FnMut(I, &mut Vec<u8>)) {
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write(item, out);
    }
}
