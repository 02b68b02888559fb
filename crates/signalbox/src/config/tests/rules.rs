//! What holds for whatever stands in a configuration and the files beside it. The fuzzer holds the readers to it, too.

use super::{Config, LoadError, Shown, dotenv, read};

/// What is wrong is told with its place. What is right is the same when it was shown and is read again.
pub(crate) fn assert_read(content: &str) {
    match read(content) {
        Ok(config) => {
            let shown = shown(&config);
            let again = read(&shown).unwrap_or_else(|fault| panic!("{fault}\nin\n{shown}"));
            assert_eq!(self::shown(&again), shown);
        }
        Err(LoadError::Faulty(report)) => {
            assert!(report.len() > 0);
            assert!(report.render(false).contains(" --> signalbox.toml:"));
            assert!(report.render(true).contains("signalbox.toml"));
            assert_eq!(report.entries().len(), report.len());
        }
        Err(other) => panic!("{other}"),
    }
}

fn shown(config: &Config) -> String {
    toml::to_string(&Shown::of(config)).expect("a file that says the same")
}

/// Faults of a `.env` file point into it, one for each line at most. Pairs that are written down again are the same.
pub(crate) fn assert_variables(content: &str) {
    match dotenv::parse(content) {
        Ok(pairs) => {
            let written: String = pairs.iter().map(|(key, value)| line(key, value)).collect();
            assert_eq!(dotenv::parse(&written), Ok(pairs), "{written:?}");
        }
        Err(faults) => {
            assert!((1..=content.split('\n').count()).contains(&faults.len()), "{faults:?}");
            for fault in faults {
                assert!(content.get(fault.place.clone()).is_some(), "{fault:?}");
            }
        }
    }
}

fn line(key: &str, value: &str) -> String {
    format!("{key}=\"{}\"\n", value.replace('\\', "\\\\").replace('"', "\\\""))
}
