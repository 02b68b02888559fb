//! Requests and answers of both protocols, in the shapes in which clients and providers send them.

#![cfg(test)]

mod count;
mod messages_answer;
mod messages_request;
mod responses_answer;
mod responses_logprobs;
mod responses_object;
mod responses_request;
mod rules;
mod splits;
mod streams;
mod support;
