//! llama.cpp says in `meta` what a model was trained for. While it loads a model it answers 503.

use serde_json::Value;

use super::Description;

pub(super) fn context(model: &Description) -> Option<&Value> {
    let meta = model.get("meta")?;
    meta.get("n_ctx").or_else(|| meta.get("n_ctx_train"))
}

#[cfg(test)]
mod tests {
    use super::context;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(model: Value, expected: Option<u64>) {
        let model = model.as_object().expect("an object");
        assert_eq!(context(model).and_then(Value::as_u64), expected);
    }

    #[test]
    fn what_is_in_force_comes_before_what_was_trained() {
        check(json!({"id": "m", "meta": {"n_ctx_train": 8192}}), Some(8192));
        check(json!({"id": "m", "meta": {"n_ctx_train": 8192, "n_ctx": 4096}}), Some(4096));
        check(json!({"id": "m", "meta": null}), None);
        check(json!({"id": "m"}), None);
    }
}
