//! What Model Studio means by an error, and what to do about it.
//!
//! It says the same thing in two ways: with OpenAI's words (`invalid_api_key`) at its compatible
//! endpoint, with its own (`InvalidApiKey`) elsewhere; and one word means two things: its
//! `insufficient_quota` is a limit of tokens by the minute, where OpenAI's is an account without
//! money, after which many clients give up.

use http::StatusCode;
use serde_json::Value;

use crate::pace::Throttle;

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The key is none, or of another region or plan.
    Key,
    /// The account does not pay, or its plan is used up.
    Account,
    /// The model's free quota is used up, and the account is set to use nothing else.
    FreeQuota,
    /// Too much at a time.
    Throttled(Throttle),
    /// The model answers in a stream alone.
    StreamOnly,
    /// The text was found to be improper.
    Inspection,
    /// The key may not use this model, or this feature.
    Access,
    /// There is no such model, in this region at least.
    Model,
    /// Something else, which its message explains.
    Other,
}

const KEY: [&str; 3] = ["invalid_api_key", "InvalidApiKey", "InvalidAccessToken"];
const ACCOUNT: [&str; 4] =
    ["Arrearage", "PrepaidBillOverdue", "PostpaidBillOverdue", "CommodityNotPurchased"];
const FREE_QUOTA: [&str; 1] = ["AllocationQuota.FreeTierOnly"];
const INSPECTION: [&str; 2] = ["data_inspection_failed", "DataInspectionFailed"];
const ACCESS: [&str; 4] =
    ["access_denied", "AccessDenied", "Model.AccessDenied", "AccessDenied.Unpurchased"];
const MODEL: [&str; 3] = ["model_not_found", "ModelNotFound", "model_not_supported"];
const GROWTH: [&str; 2] = ["limit_burst_rate", "Throttling.BurstRate"];
const TOKENS: [&str; 2] = ["insufficient_quota", "Throttling.AllocationQuota"];
const REQUESTS: [&str; 3] = ["limit_requests", "Throttling.RateQuota", "Throttling"];

/// Pieces of messages, where there is no code to tell by.
const STREAM_ONLY: [&str; 4] = [
    "only support stream",
    "set to false for non-streaming",
    "does not support http call",
    "non-streaming output is not supported",
];
const PLAN_USED_UP: [&str; 3] =
    ["hour allocated quota", "week allocated quota", "month allocated quota"];

impl Fault {
    /// What an error, in OpenAI's envelope, is about.
    pub(crate) fn of(status: StatusCode, envelope: &Value) -> Self {
        let codes = [envelope.pointer("/error/code"), envelope.get("code")];
        let is = |words: &[&str]| codes.iter().flatten().any(|code| is_one_of(code, words));
        let message = message(envelope).to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|piece| message.contains(piece));
        if is(&ACCOUNT) || status == StatusCode::PAYMENT_REQUIRED || says(&PLAN_USED_UP) {
            return Self::Account;
        }
        if is(&FREE_QUOTA) {
            return Self::FreeQuota;
        }
        if is(&KEY) || status == StatusCode::UNAUTHORIZED {
            return Self::Key;
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let is_growth = is(&GROWTH) || says(&["increased too quickly"]);
            let is_tokens = is(&TOKENS) || says(&["allocated quota", "current quota"]);
            let is_requests = is(&REQUESTS) || says(&["rate limit exceeded", "requests list"]);
            return match (is_growth, is_tokens, is_requests) {
                (true, ..) => Self::Throttled(Throttle::Growth),
                (_, true, _) => Self::Throttled(Throttle::Tokens),
                (.., true) => Self::Throttled(Throttle::Requests),
                // Nothing is known of what would help: it is the caller's.
                _ => Self::Other,
            };
        }
        match status {
            _ if says(&STREAM_ONLY) && status.is_client_error() => Self::StreamOnly,
            _ if is(&INSPECTION) => Self::Inspection,
            _ if is(&MODEL) => Self::Model,
            _ if is(&ACCESS) => Self::Access,
            _ => Self::Other,
        }
    }

    /// The status that an error in a stream would have had without the stream, whose own was sent
    /// already.
    pub(crate) fn status_within_stream(envelope: &Value) -> StatusCode {
        let code = envelope.pointer("/error/code").unwrap_or(&Value::Null);
        let number = code.as_u64().and_then(|code| u16::try_from(code).ok());
        let status = number.and_then(|code| StatusCode::from_u16(code).ok());
        if let Some(status) = status.filter(|code| code.is_client_error() || code.is_server_error())
        {
            return status;
        }
        let is_throttle = code.as_str().is_some_and(|code| code.starts_with("Throttling"));
        match code {
            _ if is_throttle || is_one_of(code, &GROWTH) || is_one_of(code, &TOKENS) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            _ if is_one_of(code, &REQUESTS) => StatusCode::TOO_MANY_REQUESTS,
            _ if is_one_of(code, &INSPECTION) || is_one_of(code, &ACCOUNT) => {
                StatusCode::BAD_REQUEST
            }
            _ if is_one_of(code, &["upstream_timeout"]) => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }

    /// OpenAI's `type` and `code` for it, where those of Model Studio would mislead.
    fn names(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Key => Some(("authentication_error", "invalid_api_key")),
            Self::Account | Self::FreeQuota => Some(("insufficient_quota", "insufficient_quota")),
            Self::Throttled(_) => Some(("rate_limit_error", "rate_limit_exceeded")),
            Self::StreamOnly => Some(("invalid_request_error", "stream_required")),
            Self::Inspection => Some(("invalid_request_error", "data_inspection_failed")),
            Self::Access => Some(("permission_error", "access_denied")),
            Self::Model => Some(("invalid_request_error", "model_not_found")),
            Self::Other => None,
        }
    }

    fn advice(self) -> Option<&'static str> {
        match self {
            Self::Key => Some(
                "The key is not valid at this address: a key is valid in its own region and plan \
                 alone. Enter another one, or its region or base URL, in the dashboard under Settings",
            ),
            Self::Account => Some(
                "The account has to be settled: look at Expenses and Costs in the console of \
                 Alibaba Cloud, or renew the plan. The key stays as it is",
            ),
            Self::FreeQuota => Some(
                "The free quota of this model is used up: use another model, or turn off \"use \
                 free tier only\" in the console of Model Studio",
            ),
            Self::Throttled(Throttle::Requests) => Some(
                "Too many requests at a time for this model: send fewer, ask for a higher limit in \
                 the console of Model Studio, or use another model",
            ),
            Self::Throttled(Throttle::Tokens) => Some(
                "Too many tokens in a minute for this model: send less at a time, ask for a higher \
                 limit in the console of Model Studio, or use another model",
            ),
            Self::Throttled(Throttle::Growth) => {
                Some("The requests became more too quickly: begin with fewer and go on slowly")
            }
            Self::StreamOnly => Some("Ask with \"stream\": true, or \"enable_thinking\": false"),
            Self::Inspection => Some(
                "Model Studio's inspection objects to the text: change the prompt; repeating it \
                 does not help",
            ),
            Self::Access => Some(
                "The key's workspace may not use this: grant it under Workspaces, Model Permission, \
                 in the console of Model Studio, or use a model that GET /v1/models lists",
            ),
            Self::Model => Some(
                "GET /v1/models lists what there is; the models of another region need a key of \
                 that region",
            ),
            Self::Other => None,
        }
    }

    /// Adds to an error what to do about it. Its message stays as it was, in front; its code too,
    /// as `qwen_code` where OpenAI has another word for it.
    pub(crate) fn explain(self, envelope: &mut Value) {
        let Some(error) = envelope.get_mut("error").and_then(Value::as_object_mut) else { return };
        if let Some(advice) = self.advice() {
            let said = error.get("message").and_then(Value::as_str).unwrap_or_default();
            let said = said.trim().trim_end_matches('.');
            error.insert("message".to_owned(), Value::from(format!("{said}. {advice}.")));
        }
        let Some((kind, code)) = self.names() else { return };
        error.insert("type".to_owned(), Value::from(kind));
        let before = error.insert("code".to_owned(), Value::from(code));
        if let Some(before) = before.filter(|before| !before.is_null() && before != code) {
            error.insert("qwen_code".to_owned(), before);
        }
    }
}

fn is_one_of(code: &Value, words: &[&str]) -> bool {
    code.as_str().is_some_and(|code| words.iter().any(|word| code.eq_ignore_ascii_case(word)))
}

/// What an error says to people.
pub(crate) fn message(envelope: &Value) -> &str {
    envelope.pointer("/error/message").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use crate::pace::Throttle;
    use http::StatusCode;
    use serde_json::{Value, json};

    fn error(code: &str, message: &str) -> Value {
        json!({"error": {"message": message, "type": code, "param": null, "code": code}})
    }

    #[track_caller]
    fn check(status: u16, envelope: &Value, expected: Fault) {
        let status = StatusCode::from_u16(status).expect("a status");
        assert_eq!(Fault::of(status, envelope), expected, "{envelope}");
    }

    #[test]
    fn what_errors_are_about() {
        let requests = Fault::Throttled(Throttle::Requests);
        let (tokens, growth) =
            (Fault::Throttled(Throttle::Tokens), Fault::Throttled(Throttle::Growth));
        let current =
            "You exceeded your current quota, please check your plan and billing details.";
        check(401, &error("invalid_api_key", "Incorrect API key provided."), Fault::Key);
        check(401, &error("", "invalid access token or token expired"), Fault::Key);
        check(403, &error("InvalidApiKey", "Invalid API-key provided."), Fault::Key);
        check(400, &error("Arrearage", "Access denied, please make sure"), Fault::Account);
        check(403, &error("Arrearage", "Access denied"), Fault::Account);
        check(429, &error("PostpaidBillOverdue", "overdue"), Fault::Account);
        check(429, &error("", "hour allocated quota exceeded."), Fault::Account);
        check(403, &error("AllocationQuota.FreeTierOnly", "exhausted"), Fault::FreeQuota);
        check(429, &error("limit_requests", "You exceeded your current requests list."), requests);
        check(429, &error("Throttling.RateQuota", "Requests rate limit exceeded"), requests);
        check(429, &error("", "no word that we know"), Fault::Other);
        check(429, &error("insufficient_quota", current), tokens);
        check(429, &error("Throttling.AllocationQuota", "Allocated quota exceeded"), tokens);
        check(429, &error("limit_burst_rate", "Request rate increased too quickly."), growth);
        check(429, &error("Throttling", "Request rate increased too quickly."), growth);
        check(403, &error("access_denied", "Access denied."), Fault::Access);
        check(404, &error("model_not_found", "The model does not exist."), Fault::Model);
        check(400, &error("data_inspection_failed", "inappropriate"), Fault::Inspection);
        check(400, &error("InvalidParameter", "temperature"), Fault::Other);
        check(403, &error("", "<blocked>"), Fault::Other);
        check(500, &error("internal_error", "An internal error"), Fault::Other);
        check(
            401,
            &json!({"code": "InvalidApiKey", "error": {"message": "x", "code": null}}),
            Fault::Key,
        );
    }

    #[test]
    fn all_the_ways_to_say_that_a_stream_is_needed() {
        for message in [
            "parameter.enable_thinking must be set to false for non-streaming calls",
            "parameter.enable_thinking only support stream call",
            "This model only support stream mode, please enable the stream parameter",
            "current user api does not support http call",
        ] {
            check(400, &error("invalid_parameter_error", message), Fault::StreamOnly);
        }
    }

    #[track_caller]
    fn within_stream(code: &Value, expected: u16) {
        let status = Fault::status_within_stream(&json!({"error": {"code": code}}));
        assert_eq!(status, expected, "{code}");
    }

    #[test]
    fn an_error_in_a_stream_has_a_status_of_its_own() {
        within_stream(&json!("limit_burst_rate"), 429);
        within_stream(&json!("Throttling.RateQuota"), 429);
        within_stream(&json!("data_inspection_failed"), 400);
        within_stream(&json!("upstream_timeout"), 504);
        within_stream(&json!("internal_error"), 502);
        within_stream(&json!(503), 503);
        within_stream(&json!(7), 502);
        within_stream(&Value::Null, 502);
    }

    #[track_caller]
    fn explained(fault: Fault, code: &str, expected: &Value) {
        let mut envelope = error(code, "Said so.");
        envelope["request_id"] = json!("r");
        fault.explain(&mut envelope);
        let (error, message) = (&envelope["error"], envelope["error"]["message"].as_str());
        assert!(message.is_some_and(|text| text.starts_with("Said so")), "{envelope}");
        let found = json!([error["type"], error["code"], error.get("qwen_code")]);
        assert_eq!(&found, expected);
        assert_eq!(envelope["request_id"], "r");
    }

    #[test]
    fn the_original_stays_and_advice_is_added() {
        let key = json!(["authentication_error", "invalid_api_key", null]);
        explained(Fault::Key, "invalid_api_key", &key);
        let native = json!(["authentication_error", "invalid_api_key", "InvalidApiKey"]);
        explained(Fault::Key, "InvalidApiKey", &native);
        let tokens = json!(["rate_limit_error", "rate_limit_exceeded", "insufficient_quota"]);
        explained(Fault::Throttled(Throttle::Tokens), "insufficient_quota", &tokens);
        explained(
            Fault::Other,
            "internal_error",
            &json!(["internal_error", "internal_error", null]),
        );
        let mut other = error("x", "Said so.");
        Fault::Other.explain(&mut other);
        assert_eq!(other, error("x", "Said so."));
    }
}
