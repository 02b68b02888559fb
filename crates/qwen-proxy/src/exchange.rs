//! One request with Model Studio, until there is an answer for the caller.
//!
//! A request that has to be paid for waits for its turn ([`Shaper`](crate::shaper::Shaper)) and goes
//! out. If it is refused because it came too soon, it joins the queue again and waits as long as
//! the lesson says; nobody hears of that unless it takes too long. If it is refused because the
//! model answers in a stream alone, it is sent once more as a stream, which is put together here.
//! All other answers are the caller's. Whoever drops the future is nowhere any more: neither in a
//! queue nor upstream.

use gateway::{Answer, Destination, Forwarder, Outgoing, Refusal};
use http::{HeaderValue, Method, StatusCode, header};
use live_catalog::now_ms;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};

use crate::{
    asked::{asked, streamed},
    collect::{collect, document, is_stream, read_error},
    credentials::Credentials,
    fault::{Fault, message},
    pace::Throttle,
    shaper::{LONGEST_WAIT, Pass},
    standing::Heard,
    waits,
};

/// What is followed, because it may change while a request waits.
pub(crate) type Live = watch::Receiver<Arc<Credentials>>;

/// The longest pause that the headers of an answer that is none of a refusal can bring about.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often a request is refused before that is its answer: with the pauses between, some seconds.
const MOST_REFUSALS: u32 = 4;

/// Sends what is free, such as the question for the models.
pub(crate) async fn ask(
    credentials: &Credentials,
    forwarder: &Forwarder,
    destination: &Destination,
    outgoing: Outgoing<'_>,
) -> Result<Answer, Refusal> {
    let answer = forwarder.forward(destination, outgoing).await?;
    Ok(match judge(credentials, answer, false).await {
        Judged::Good(answer) | Judged::Bad(answer, _) => answer,
    })
}

/// Sends what has to be paid for.
pub(crate) async fn send(
    credentials: Live,
    forwarder: &Forwarder,
    destination: &Destination,
    outgoing: Outgoing<'_>,
) -> Result<Answer, Refusal> {
    let model = outgoing.model.unwrap_or_default().to_owned();
    let deadline = Instant::now() + LONGEST_WAIT;
    let mut queue = Queue { credentials, model: &model, deadline };
    let mut turn = queue.wait(None).await?;
    let mut refusals = 0;
    loop {
        let (outgoing, model) = (&outgoing, &*model);
        let upstream = turn.credentials.destination(now_ms())?.upstream;
        let destination = &Destination { upstream, ..destination.clone() };
        let call = Call { turn: &turn, forwarder, destination, outgoing, model };
        let (wait, answer) = match call.make().await? {
            Made::Answer(answer) => return Ok(answer),
            Made::Refused(throttle, answer) => (call.refused(throttle, &answer), answer),
        };
        refusals += 1;
        if refusals == MOST_REFUSALS {
            return Ok(with_retry_after(answer, wait));
        }
        turn = match queue.wait(Some(turn)).await {
            Ok(turn) => turn,
            // Waiting is of no use, so that their answer is the caller's.
            Err(refusal) if refusal.status() == StatusCode::TOO_MANY_REQUESTS => {
                return Ok(with_retry_after(answer, wait));
            }
            Err(refusal) => return Err(refusal),
        };
    }
}

/// A request that may go out now, with the key that it may go out with.
struct MyTurn {
    credentials: Arc<Credentials>,
    pass: Pass,
}

/// Where a request waits.
struct Queue<'a> {
    credentials: Live,
    model: &'a str,
    deadline: Instant,
}

impl Queue<'_> {
    /// Waits for the next turn. A key that is replaced meanwhile has a queue of its own, and one
    /// that is rejected none at all.
    async fn wait(&mut self, mut before: Option<MyTurn>) -> Result<MyTurn, Refusal> {
        loop {
            let credentials = Arc::clone(&self.credentials.borrow_and_update());
            let key = Arc::clone(credentials.key());
            credentials.destination(now_ms())?;
            if before.is_none() {
                key.claim(now_ms())?;
            }
            let is_same = |turn: &MyTurn| Arc::ptr_eq(turn.credentials.key(), &key);
            let earlier = before.take().filter(is_same).map(|turn| turn.pass);
            let mut turn = pin!(key.shaper.turn(self.model, earlier, self.deadline));
            let mut standing = key.watch();
            loop {
                tokio::select! {
                    biased;
                    pass = &mut turn => return Ok(MyTurn { credentials, pass: pass? }),
                    Ok(()) = standing.changed() => {
                        credentials.destination(now_ms())?;
                    }
                    Ok(()) = self.credentials.changed() => {
                        if !Arc::ptr_eq(self.credentials.borrow().key(), &key) {
                            break;
                        }
                    }
                }
            }
        }
    }
}

/// What came of a request that went out.
enum Made {
    Answer(Answer),
    /// It came too soon; the answer says so.
    Refused(Throttle, Answer),
}

/// A request that goes out.
struct Call<'a> {
    turn: &'a MyTurn,
    forwarder: &'a Forwarder,
    destination: &'a Destination,
    outgoing: &'a Outgoing<'a>,
    model: &'a str,
}

impl Call<'_> {
    async fn make(&self) -> Result<Made, Refusal> {
        let key = self.turn.credentials.key();
        let (method, path) = (&self.outgoing.method, self.outgoing.path);
        let is_chat = method == Method::POST && path == "/chat/completions";
        let how = || asked(&self.outgoing.body);
        let known = (is_chat && key.knows_stream_only()).then(how);
        let is_known =
            known.is_some_and(|how| !how.stream && key.is_stream_only(self.model, how.thinking));
        if is_known {
            return self.as_stream().await;
        }
        let answer = self.forwarder.forward(self.destination, self.outgoing.clone()).await?;
        let judged = self.judge(answer).await;
        if !(is_chat && matches!(judged, Judged::Bad(_, Fault::StreamOnly))) {
            return Ok(self.made(judged));
        }
        let how = known.unwrap_or_else(how);
        if how.stream {
            return Ok(self.made(judged));
        }
        key.learn_stream_only(self.model, how.thinking);
        tracing::debug!(model = self.model, "it answers in a stream alone, which is put together");
        self.as_stream().await
    }

    /// Learns from a refusal, and says how long there is to wait for the next turn.
    fn refused(&self, throttle: Throttle, answer: &Answer) -> Duration {
        let MyTurn { credentials, pass } = self.turn;
        let asked = waits::asked_for(answer.headers());
        let wait = credentials.key().shaper.refused(pass, throttle, asked);
        let (model, wait_ms) = (self.model, wait.as_millis());
        tracing::debug!(model, ?throttle, wait_ms, "too many requests");
        wait
    }

    /// Sends it as a stream, which is put together.
    async fn as_stream(&self) -> Result<Made, Refusal> {
        let body = streamed(&self.outgoing.body).unwrap_or_else(|| self.outgoing.body.clone());
        let outgoing = Outgoing { body, ..self.outgoing.clone() };
        let answer = self.forwarder.forward(self.destination, outgoing).await?;
        let answer = if is_stream(&answer) {
            collect(answer, &self.destination.upstream).await?
        } else {
            answer
        };
        Ok(self.made(self.judge(answer).await))
    }

    async fn judge(&self, answer: Answer) -> Judged {
        judge(&self.turn.credentials, answer, true).await
    }

    fn made(&self, judged: Judged) -> Made {
        let MyTurn { credentials, pass } = self.turn;
        let shaper = &credentials.key().shaper;
        let answer = match judged {
            Judged::Bad(answer, Fault::Throttled(throttle)) => {
                return Made::Refused(throttle, answer);
            }
            Judged::Good(answer) | Judged::Bad(answer, _) => answer,
        };
        shaper.taken(pass);
        if let Some(wait) = waits::used_up(answer.headers()) {
            shaper.pause(pass, wait.min(LONGEST_PAUSE));
        }
        Made::Answer(answer)
    }
}

/// An answer, and what it is about if it is an error.
enum Judged {
    Good(Answer),
    Bad(Answer, Fault),
}

/// Takes note of what an answer says of the key, and adds to an error what to do about it.
async fn judge(credentials: &Credentials, answer: Answer, is_paid: bool) -> Judged {
    let status = answer.status();
    if status.is_success() {
        credentials.hear(&Heard { status, fault: None, said: "", is_paid }, now_ms());
        return Judged::Good(answer);
    }
    let (head, body) = answer.into_parts();
    let mut envelope = read_error(body).await;
    let fault = Fault::of(status, &envelope);
    let heard = Heard { status, fault: Some(fault), said: message(&envelope), is_paid };
    credentials.hear(&heard, now_ms());
    fault.explain(&mut envelope);
    Judged::Bad(document(head, status, &envelope), fault)
}

/// Says when to ask again, where the answer does not say it itself.
fn with_retry_after(mut answer: Answer, wait: Duration) -> Answer {
    let seconds = wait.as_secs().saturating_add(1);
    answer.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from(seconds));
    answer
}
