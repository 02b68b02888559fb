//! Secrets are shown nowhere.

use super::read;
use crate::config::Shown;

const CANARY: &str = "canary-5f2a";

#[test]
fn the_effective_configuration_masks_secrets_alone() {
    let config = read(&format!(
        "[process.a]\ncommand = [\"x\"]\nenv = {{ API_KEY = \"{CANARY}\", db_password = \"{CANARY}\", MODE = \"fast\" }}\n"
    ))
    .unwrap();
    let toml = toml::to_string(&Shown::of(&config)).unwrap();
    let json = serde_json::to_string(&Shown::of(&config)).unwrap();
    for shown in [&toml, &json] {
        assert!(
            !shown.contains(CANARY) && shown.contains("***") && shown.contains("fast"),
            "{shown}"
        );
    }
}

#[test]
fn a_fault_beside_a_secret_does_not_show_it() {
    let content = format!("[process.a]\nenv = {{ API_KEY = \"{CANARY}\", PORT = 5 }}\n");
    let shown = read(&content).unwrap_err().to_string();
    assert!(!shown.contains(CANARY) && shown.contains("write \"5\""), "{shown}");
}
