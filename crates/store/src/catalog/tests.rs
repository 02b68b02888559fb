//! The catalog on a disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::open::BUSY;
use super::*;

const CANARY: &str = "sk-canary-7f3b";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    (folder, path)
}

#[track_caller]
fn open(path: &Path) -> (Catalog, Contents) {
    let (catalog, contents, warnings) = Catalog::open(path);
    assert_eq!(warnings, Vec::<String>::new());
    assert!(catalog.is_kept());
    (catalog, contents)
}

fn provider(id: &str) -> Provider {
    Provider {
        id: id.to_owned(),
        name: format!("The {id}"),
        kind: ProviderKind::OpenAi,
        base_url: "https://api.openai.com/v1".to_owned(),
        enabled: true,
        priority: 7,
        description: String::new(),
        api_key: ApiKey::try_new(CANARY),
        timeouts: OwnTimeouts { idle: Seconds::try_new(1.5), ..OwnTimeouts::default() },
        created_at_ms: 1,
        updated_at_ms: 2,
    }
}

fn model(id: &str, provider: &str) -> Model {
    Model {
        id: id.to_owned(),
        name: id.to_owned(),
        provider_id: provider.to_owned(),
        upstream_model: "gpt".to_owned(),
        capabilities: vec!["chat".to_owned()],
        created_at_ms: 1,
        updated_at_ms: 2,
    }
}

fn credentials() -> QwenCredentials {
    QwenCredentials {
        api_key: ApiKey::try_new(CANARY).unwrap(),
        expires_at_ms: Some(5),
        region: Region::China,
        base_url: None,
        created_at_ms: 1,
        updated_at_ms: 2,
    }
}

fn ids(contents: &Contents) -> Vec<&str> {
    contents.providers.iter().map(|provider| provider.id.as_str()).collect()
}

/// Everything in the folder, as bytes.
fn bytes(folder: &TempDir) -> Vec<u8> {
    let files = fs::read_dir(folder.path()).unwrap();
    files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds_canary(folder: &TempDir) -> bool {
    bytes(folder).windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

#[test]
fn the_first_start_brings_three_providers_and_no_later_one_does() {
    let (_folder, path) = folder();
    let (catalog, contents) = open(&path);
    assert_eq!(ids(&contents), ["qwen-proxy", "lm-studio", "ollama"]);
    assert_eq!(contents.active_provider().unwrap().id, "qwen-proxy");
    let urls: Vec<_> = contents.providers.iter().map(|p| p.base_url.as_str()).collect();
    let local =
        ["http://127.0.0.1:3000/v1", "http://127.0.0.1:1234/v1", "http://127.0.0.1:11434/v1"];
    assert_eq!(urls, local);
    let gone = catalog.apply(&[Change::DeleteProvider("ollama".to_owned())]).unwrap();
    assert_eq!(ids(&gone), ["qwen-proxy", "lm-studio"]);
    drop(catalog);
    assert_eq!(open(&path).1, gone);
}

#[test]
fn what_was_changed_is_there_after_a_restart_and_for_readers_at_once() {
    let (_folder, path) = folder();
    let (catalog, _) = open(&path);
    let after = catalog
        .apply(&[
            Change::PutProvider(provider("mine")),
            Change::PutModel(model("fast", "mine")),
            Change::Set(Setting::IdleTimeout, json!(2.5)),
            Change::PutQwen(credentials()),
        ])
        .unwrap();
    assert_eq!(ids(&after), ["mine", "qwen-proxy", "lm-studio", "ollama"], "by priority");
    assert_eq!(after.provider("mine"), Some(&provider("mine")));
    assert_eq!(after.model("fast"), Some(&model("fast", "mine")));
    assert_eq!(after.settings.value(Setting::IdleTimeout), json!(2.5));
    assert_eq!(after.qwen, Some(credentials()));
    assert_eq!(Contents::read(&path).unwrap(), after);
    drop(catalog);
    assert_eq!(open(&path).1, after);
}

#[test]
fn a_new_version_of_a_provider_keeps_its_models_and_its_end_takes_them_along() {
    let (_folder, path) = folder();
    let (catalog, _) = open(&path);
    let put = [Change::PutProvider(provider("mine")), Change::PutModel(model("fast", "mine"))];
    catalog.apply(&put).unwrap();
    let renamed = Provider { name: "Other".to_owned(), ..provider("mine") };
    let after = catalog.apply(&[Change::PutProvider(renamed)]).unwrap();
    assert_eq!((after.providers[0].name.as_str(), after.models.len()), ("Other", 1));
    let after = catalog.apply(&[Change::DeleteProvider("mine".to_owned())]).unwrap();
    assert_eq!(after.models, []);
}

#[test]
fn all_changes_are_made_or_none() {
    let (_folder, path) = folder();
    let (catalog, before) = open(&path);
    let error = catalog
        .apply(&[Change::PutProvider(provider("mine")), Change::PutModel(model("m", "nobody"))])
        .unwrap_err();
    assert!(matches!(error, ChangeError::Other(_)), "{error:?}");
    assert_eq!(Contents::read(&path).unwrap(), before);
}

#[test]
fn its_files_are_their_owners_alone() {
    let (folder, path) = folder();
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (catalog, _) = open(&path);
    catalog.apply(&[Change::PutProvider(provider("mine"))]).unwrap();
    let files = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap());
    let modes: Vec<_> = files.map(|file| file.metadata().unwrap().permissions().mode()).collect();
    assert!(modes.len() > 1, "a file and what stands beside it");
    assert!(modes.iter().all(|mode| mode & 0o777 == 0o600), "{modes:?}");
}

#[test]
fn a_deleted_key_is_gone_from_the_disk() {
    let (folder, path) = folder();
    let (catalog, _) = open(&path);
    catalog.apply(&[Change::PutQwen(credentials())]).unwrap();
    assert!(holds_canary(&folder), "else this test sees nothing");
    catalog.apply(&[Change::DeleteQwen]).unwrap();
    assert!(!holds_canary(&folder));
}

#[test]
fn a_damaged_file_is_set_aside_whole_and_named() {
    let (folder, path) = folder();
    let (catalog, _) = open(&path);
    catalog.apply(&[Change::PutProvider(provider("mine"))]).unwrap();
    drop(catalog);
    let mut damaged = fs::read(&path).unwrap();
    damaged[100..140].fill(0xff);
    fs::write(&path, &damaged).unwrap();
    let (catalog, contents, warnings) = Catalog::open(&path);
    assert_eq!(ids(&contents), ["qwen-proxy", "lm-studio", "ollama"]);
    let aside = folder.path().join("catalog.damaged-1");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains(&aside.display().to_string()), "{warnings:?}");
    assert_eq!(fs::read(&aside).unwrap(), damaged);
    assert_eq!(fs::metadata(&aside).unwrap().permissions().mode() & 0o777, 0o600);
    catalog.apply(&[Change::PutProvider(provider("mine"))]).unwrap();
}

#[test]
fn what_an_older_program_made_is_read_as_it_is_and_brought_up_to_date() {
    let (_folder, path) = folder();
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(MIGRATIONS[0]).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    let insert =
        "INSERT INTO providers VALUES ('old', 'Old', 'vllm', 'http://a/v1', 1, 0, '', 'k', 1, 1)";
    connection.execute(insert, []).unwrap();
    drop(connection);
    let read = Contents::read(&path).unwrap();
    assert_eq!((ids(&read), read.providers[0].timeouts), (vec!["old"], OwnTimeouts::default()));
    let (catalog, contents) = open(&path);
    assert_eq!(contents, read);
    let timeouts = OwnTimeouts { connect: Seconds::try_new(3.0), ..OwnTimeouts::default() };
    let put = Change::PutProvider(Provider { timeouts, ..contents.providers[0].clone() });
    assert_eq!(catalog.apply(&[put]).unwrap().providers[0].timeouts, timeouts);
    assert_eq!(Contents::read(&path).unwrap().providers[0].timeouts, timeouts);
}

#[test]
fn what_a_newer_program_made_is_left_alone() {
    let (_folder, path) = folder();
    drop(open(&path));
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let (catalog, _, warnings) = Catalog::open(&path);
    assert!(!catalog.is_kept());
    assert!(warnings[0].contains("newer"), "{warnings:?}");
    assert!(matches!(Contents::read(&path), Err(ContentsError::Newer { version: 99 })));
}

#[test]
fn without_a_place_it_lives_in_memory_and_says_so() {
    let path = Path::new("/proc/none/catalog.db");
    let (catalog, contents, warnings) = Catalog::open(path);
    assert!(!catalog.is_kept());
    assert!(warnings[0].contains("/proc/none/catalog.db"), "{warnings:?}");
    assert_eq!(contents.providers.len(), 3);
    let put = [Change::PutProvider(provider("mine")), Change::PutModel(model("fast", "mine"))];
    assert_eq!(catalog.apply(&put).unwrap().providers.len(), 4);
    let after = catalog.apply(&[Change::DeleteProvider("mine".to_owned())]).unwrap();
    assert_eq!((after.providers.len(), after.models.len()), (3, 0));
}

#[test]
fn a_reader_that_is_first_gets_what_the_first_start_brings() {
    let (_folder, path) = folder();
    let contents = Contents::read(&path).unwrap();
    assert_eq!(ids(&contents), ["qwen-proxy", "lm-studio", "ollama"]);
    assert!(!path.exists(), "reading makes nothing");
    fs::write(&path, "").unwrap();
    assert_eq!(Contents::read(&path).unwrap().providers.len(), 3, "it is just being made");
}

#[test]
fn a_reader_is_not_in_the_way_of_a_change() {
    let (_folder, path) = folder();
    let (catalog, before) = open(&path);
    let mut reader = Connection::open(&path).unwrap();
    let reading = reader.transaction().unwrap();
    let count = |reader: &Connection| -> i64 {
        reader.query_row("SELECT count(*) FROM providers", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&reading), 3);
    let begun = SystemTime::now();
    let after = catalog.apply(&[Change::PutProvider(provider("mine"))]).unwrap();
    assert!(begun.elapsed().unwrap() < BUSY, "it waited for the reader");
    assert_eq!(after.providers.len(), before.providers.len() + 1);
    assert_eq!(count(&reading), 3, "one moment");
}

#[test]
fn no_key_is_shown_for_debugging() {
    let mut contents = Contents::first_start();
    contents.providers.push(provider("mine"));
    contents.qwen = Some(credentials());
    assert!(!format!("{contents:?}").contains(CANARY));
    assert!(!format!("{:?}", Change::PutQwen(credentials())).contains(CANARY));
}
