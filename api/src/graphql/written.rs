//! Answers as JSON.

use async_graphql::{Response, Value};
use serde::Serialize;

use super::is_refused;

/// The answer with `errors`, `extensions` and `data`, as GraphQL over HTTP and its kin send it; one of which nothing was executed has no
/// `data`. A value of a root field that a plan wrote is text already, and is taken as it is.
pub fn json(response: &Response) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(room(&response.data));
    out.push(b'{');
    if !response.errors.is_empty() {
        out.extend_from_slice(b"\"errors\":");
        put(&response.errors, &mut out)?;
        out.push(b',');
    }
    if !response.extensions.is_empty() {
        out.extend_from_slice(b"\"extensions\":");
        put(&response.extensions, &mut out)?;
        out.push(b',');
    }
    if is_refused(response) {
        // There are errors, so there is a comma.
        out.pop();
    } else {
        out.extend_from_slice(b"\"data\":");
        data(&response.data, &mut out)?;
    }
    out.push(b'}');
    Ok(out)
}

fn data(data: &Value, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let Value::Object(fields) = data else { return put(data, out) };
    out.push(b'{');
    for (number, (key, value)) in fields.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        put(key, out)?;
        out.push(b':');
        match value {
            Value::Binary(json) => out.extend_from_slice(json),
            value => put(value, out)?,
        }
    }
    out.push(b'}');
    Ok(())
}

fn put(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) -> serde_json::Result<()> {
    serde_json::to_writer(out, value)
}

/// How many bytes to begin with: what is text already, and a little more.
fn room(data: &Value) -> usize {
    let Value::Object(fields) = data else { return 256 };
    let texts = fields.values().map(|value| if let Value::Binary(json) = value { json.len() } else { 256 });
    texts.sum::<usize>() + 256
}

#[cfg(test)]
mod tests {
    use async_graphql::{PathSegment, ServerError, value};

    use super::*;

    #[test]
    fn an_answer_is_what_the_library_writes() {
        let mut response = Response::new(value!({ "a": [1, null, "\"ё\""], "b": {}, "c": 1.5 })).extension("n", Value::from(1));
        response.errors.push(ServerError::new("no", None).with_path(vec![PathSegment::Field("a".to_owned())]));
        for data in [response.data.clone(), Value::Null, value!({})] {
            response.data = data;
            let ours: serde_json::Value = serde_json::from_slice(&json(&response).unwrap()).unwrap();
            assert_eq!(ours, serde_json::to_value(&response).unwrap());
        }
    }

    #[test]
    fn of_what_was_not_executed_there_is_no_data() {
        let response = Response::from_errors(vec![ServerError::new("no", None)]);
        assert_eq!(json(&response).unwrap(), br#"{"errors":[{"message":"no"}]}"#);
    }

    #[test]
    fn text_is_taken_as_it_is() {
        let mut response = Response::new(value!({ "a": 1 }));
        if let Value::Object(fields) = &mut response.data {
            fields.insert(async_graphql::Name::new("b"), Value::Binary(bytes::Bytes::from_static(b"{\"c\":[]}")));
        }
        assert_eq!(json(&response).unwrap(), br#"{"data":{"a":1,"b":{"c":[]}}}"#);
    }
}
