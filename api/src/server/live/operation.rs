//! The answers of one operation, within limits of time and whatever happens inside.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use async_graphql::Response;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::graphql::{self, OperationType};
use crate::server::App;
use crate::server::call::{Call, Identity, Sender};
use crate::server::observe::REQUEST;
use crate::server::parse::Asked;
use crate::server::refusal::Refusal;

/// What comes of an operation on a socket.
pub(super) enum Step {
    /// An answer, or why there is none.
    Answer(Box<Response>),
    /// Its session or token has ended.
    Unauthorized,
    /// Nothing more.
    Done,
}

/// Runs what a socket asks for. The session or token is looked up, and the operation counted, as any request.
pub(super) fn open(app: Arc<App>, sender: Sender, request_id: String, asked: Asked) -> BoxStream<'static, Step> {
    let opened = async move {
        let identity = match sender.identify(&app).await {
            Ok(Some(identity)) => identity,
            Ok(None) => return only(Step::Unauthorized),
            Err(refusal) if refusal.is_unauthorized() => return only(Step::Unauthorized),
            Err(refusal) => return only(Step::refused(refusal, &request_id)),
        };
        let call = Call::of(&app, asked).and_then(|mut call| call.count_passwords(&app, &sender).map(|()| call));
        match call {
            Ok(call) => {
                let answers = answers(&app, call, &sender, Some(identity), request_id);
                answers.map(|answer| Step::Answer(Box::new(answer))).chain(only(Step::Done)).boxed()
            }
            Err(refusal) => only(Step::refused(refusal, &request_id)),
        }
    };
    stream::once(opened).flatten().boxed()
}

/// The same in a task of its own, which is one answer ahead at most and ends with the stream: it goes on while nobody takes from the stream, so
/// that an operation under way ends, in time, and gives back what it holds.
pub(super) fn apart(mut steps: BoxStream<'static, Step>) -> BoxStream<'static, Step> {
    let (sender, receiver) = mpsc::channel(1);
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Some(step) = steps.next().await {
            if sender.send(step).await.is_err() {
                break;
            }
        }
    });
    // The task is aborted when the set is dropped.
    stream::unfold((receiver, task), async |(mut receiver, task)| Some((receiver.recv().await?, (receiver, task)))).boxed()
}

impl Step {
    fn refused(refusal: Refusal, request_id: &str) -> Self {
        Self::Answer(Box::new(refusal.into_answer(request_id)))
    }
}

fn only<T: Send + 'static>(item: T) -> BoxStream<'static, T> {
    stream::iter([item]).boxed()
}

/// The answers of a call: to a query or a mutation one, in time.
pub(super) fn answers(
    app: &Arc<App>,
    call: Call,
    sender: &Sender,
    identity: Option<Identity>,
    request_id: String,
) -> BoxStream<'static, Response> {
    let kind = call.kind;
    let actor = identity.as_ref().map(|identity| identity.user.user_id);
    let (request, caller, operation) = call.by(app, sender, identity, &request_id);
    let answers = AssertUnwindSafe(graphql::execute_stream(&app.schema, request, caller)).catch_unwind();
    if kind == Some(OperationType::Subscription) {
        tracing::debug!(id = request_id, operation = operation.0, actor, "listening");
        // The panic itself is in the log.
        return answers.map(move |answer| answer.unwrap_or_else(|_| Refusal::internal().into_answer(&request_id))).boxed();
    }
    let (app, begun, mut answers) = (Arc::clone(app), Instant::now(), answers.boxed());
    let answer = async move {
        let answer = match tokio::time::timeout(REQUEST, answers.next()).await {
            Ok(Some(Ok(answer))) => answer,
            Ok(_) => Refusal::internal().into_answer(&request_id),
            Err(_) => Refusal::late().into_answer(&request_id),
        };
        let took = begun.elapsed();
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(id = request_id, operation = operation.0, actor, took_us, "answered");
        app.requests.note("/graphql", operation.0, 200, took);
        answer
    };
    stream::once(answer).boxed()
}
