//! The smallest applications that a gateway can serve.

use gateway::{
    Application, Destination, Destinations, LeftOut, Models, Refusal, Secret, Timeouts, Upstream,
};
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// An application with one upstream and nothing else.
pub(crate) struct OneUpstream(pub(crate) Destination);

impl OneUpstream {
    pub(crate) fn at(url: &str) -> Self {
        Self::with(url, Timeouts::default())
    }

    pub(crate) fn with(url: &str, timeouts: Timeouts) -> Self {
        let key = Secret::new("upstream-key");
        let upstream = Upstream::try_new("fake", url, Some(&key)).expect("a valid base URL");
        Self(Destination::new(upstream.into(), timeouts))
    }
}

impl Application for OneUpstream {
    fn health(&self) -> Value {
        json!({ "status": "ok" })
    }

    async fn models(&self, _id: Option<&str>) -> Result<Models, Refusal> {
        Ok(Models::There(self.0.clone()))
    }

    async fn destinations(&self, _model: Option<&str>) -> Result<Destinations, Refusal> {
        Ok(self.0.clone().into())
    }

    fn answered(
        &self,
        _destination: &Destination,
        _answer: Result<StatusCode, &Refusal>,
        _wait: Option<Duration>,
    ) {
    }
}

/// An application with several upstreams, to be asked one after the other.
pub(crate) struct Several(pub(crate) Vec<OneUpstream>);

impl Several {
    /// Named `a`, `b` and so on.
    pub(crate) fn at(urls: &[&str], timeouts: Timeouts) -> Self {
        let destination = |(url, name): (&&str, char)| {
            let upstream = Upstream::try_new(&name.to_string(), url, None).expect("a base URL");
            OneUpstream(Destination::new(upstream.into(), timeouts))
        };
        Self(urls.iter().zip('a'..).map(destination).collect())
    }
}

fn asleep() -> LeftOut {
    LeftOut { reason: "z (asleep)".to_owned(), wait: Some(Duration::from_secs(40)) }
}

impl Application for Several {
    fn health(&self) -> Value {
        json!({ "status": "ok" })
    }

    async fn models(&self, _id: Option<&str>) -> Result<Models, Refusal> {
        Ok(Models::There(self.0[0].0.clone()))
    }

    async fn destinations(&self, _model: Option<&str>) -> Result<Destinations, Refusal> {
        let mut all = self.0.iter().map(|one| one.0.clone());
        let first = all.next().expect("an upstream");
        Ok(Destinations { first, others: all.collect(), left_out: vec![asleep()] })
    }

    fn answered(
        &self,
        _destination: &Destination,
        _answer: Result<StatusCode, &Refusal>,
        _wait: Option<Duration>,
    ) {
    }
}
