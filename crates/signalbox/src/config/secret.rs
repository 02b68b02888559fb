//! Which variables have values that must not be shown, by their names and by what the values look like.

use std::borrow::Cow;

/// What is shown in the place of a secret.
pub(super) const MASK: &str = "***";

/// Wherever one of these is in a name, its value is a secret.
const PARTS: [&str; 9] = [
    "KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "COOKIE",
    "CREDENTIAL",
    "AUTHORIZATION",
];

/// A name that has one of these as a whole word is a secret's. `PATH` has none of them.
const WORDS: [&str; 6] = ["PAT", "PASS", "PRIVATE", "JWT", "CRED", "CREDS"];

/// A name that ends in one of these is a secret's: `SSH_AUTH_SOCK` and `XDG_SESSION_ID` are none.
const LAST_WORDS: [&str; 3] = ["AUTH", "SESSION", "PWD"];

/// These would be taken for what they are not.
const HARMLESS: [&str; 2] = ["PWD", "DESKTOP_SESSION"];

/// Whether a variable of this name has a value that must not be shown.
pub(super) fn is_secret(name: &str) -> bool {
    let upper = name.to_uppercase();
    let mut words = upper.split(|character: char| !character.is_alphanumeric());
    let last = words.clone().next_back().unwrap_or_default();
    PARTS.iter().any(|part| upper.contains(part))
        || words.any(|word| WORDS.contains(&word))
        || (LAST_WORDS.contains(&last) && !HARMLESS.contains(&upper.as_str()))
}

/// The value of the variable `name` as it may be shown.
pub(super) fn shown<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if is_secret(name) { Cow::Borrowed(MASK) } else { without_passwords(value) }
}

/// The value with the passwords of its URLs masked: `postgres://user:***@host/db`. Who stands alone before the host of an
/// `http` URL is a token more often than a name.
fn without_passwords(value: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(|next: char| "/?#\"'".contains(next) || next.is_whitespace());
        let authority = &after[..end.unwrap_or(after.len())];
        let user_info = authority.rfind('@').map_or("", |at| &authority[..at]);
        let is_http = before.ends_with("http") || before.ends_with("https");
        let kept = match user_info.split_once(':') {
            Some((user, _)) => user.len() + 1,
            None if is_http => 0,
            None => user_info.len(),
        };
        shown.push_str(before);
        shown.push_str("://");
        if kept < user_info.len() {
            shown.push_str(&user_info[..kept]);
            shown.push_str(MASK);
            rest = &after[user_info.len()..];
        } else {
            rest = after;
        }
    }
    if rest.len() == value.len() {
        return Cow::Borrowed(value);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::{is_secret, shown};

    #[test]
    fn names_tell_secrets() {
        for name in [
            "API_KEY",
            "apiToken",
            "GITHUB_PAT",
            "PAT",
            "DB_PASS",
            "pass",
            "PGPASSWORD",
            "MYSQL_PWD",
            "MYSQL_PASSWD",
            "KEY_PASSPHRASE",
            "AWS_CREDENTIALS",
            "DB_CREDS",
            "SIGNING_PRIVATE",
            "BASIC_AUTH",
            "AUTHORIZATION",
            "COOKIES",
            "APP_SESSION",
            "MY_JWT",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PATH",
            "PYTHONPATH",
            "PWD",
            "OLDPWD",
            "PASSAGE",
            "COMPASS",
            "PATTERN",
            "SPAT",
            "SSH_AUTH_SOCK",
            "XAUTHORITY",
            "AUTHOR",
            "XDG_SESSION_ID",
            "DESKTOP_SESSION",
            "GOPRIVATE",
            "DBUS_SESSION_BUS_ADDRESS",
            "MODE",
            "CREDIT",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn urls_keep_all_but_their_passwords() {
        for (value, expected) in [
            ("https://user:pass@host", "https://user:***@host"),
            ("postgres://u:p@h/db?x=a@b", "postgres://u:***@h/db?x=a@b"),
            ("redis://:p@ss@h:6379", "redis://:***@h:6379"),
            ("https://ghp_x@github.com/a", "https://***@github.com/a"),
            ("a://u:p@h,b://v:q:r@i", "a://u:***@h,b://v:***@i"),
            ("see 'http://u:p@h' ü", "see 'http://u:***@h' ü"),
            ("ssh://git@host/a", "ssh://git@host/a"),
            ("http://h:80/a@b", "http://h:80/a@b"),
            ("://", "://"),
            ("u:p@h", "u:p@h"),
        ] {
            assert_eq!(shown("URL", value), expected);
            assert_eq!(shown("URL", expected), expected);
        }
    }
}
