//! Which models of a list somebody asks for, as Anthropic's clients do.

use serde_json::Value;

use crate::fault::Fault;

/// How many models are on a page at the most.
const MOST: usize = 1000;

/// A part of a list.
#[derive(Debug)]
pub struct Page {
    limit: usize,
    after_id: Option<String>,
    before_id: Option<String>,
}

impl Default for Page {
    /// The first ones: as many as a page may have, where Anthropic gives 20 to who names no limit. Its SDKs turn
    /// pages by themselves, but who reads one alone should not miss any.
    fn default() -> Self {
        Self { limit: MOST, after_id: None, before_id: None }
    }
}

impl Page {
    /// What these parameters of a query, name and value, ask for. Others than Anthropic's mean nothing.
    ///
    /// # Errors
    /// That the limit is none.
    pub fn try_new<'a>(parameters: impl Iterator<Item = (&'a str, String)>) -> Result<Self, Fault> {
        let mut page = Self::default();
        for (name, value) in parameters {
            match name {
                "limit" => page.limit = limit(&value)?,
                "after_id" => page.after_id = Some(value),
                "before_id" => page.before_id = Some(value),
                _ => {}
            }
        }
        Ok(page)
    }

    /// The models that are on it, and whether there are more in its direction: before them for who asks for those
    /// before one, else after them.
    pub(crate) fn of<'m>(&self, models: &'m [Value]) -> Result<(&'m [Value], bool), Fault> {
        // Of several with one id, those are meant with which nobody comes by the same page twice.
        let start = self.after_id.as_deref().map_or(Ok(0), |id| {
            let at = models.iter().rposition(|model| model["id"] == id);
            at.map(|at| at + 1).ok_or_else(|| gone("after_id", id))
        })?;
        let end = self.before_id.as_deref().map_or(Ok(models.len()), |id| {
            let at = models.iter().position(|model| model["id"] == id);
            at.ok_or_else(|| gone("before_id", id))
        })?;
        let found = models.get(start..end).unwrap_or_default();
        let length = found.len().min(self.limit);
        let from = if self.before_id.is_some() { found.len() - length } else { 0 };
        Ok((&found[from..from + length], found.len() > length))
    }
}

fn limit(value: &str) -> Result<usize, Fault> {
    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| Fault::at("limit", format!("it must be a number from 1 to {MOST}")))
}

fn gone(parameter: &str, id: &str) -> Fault {
    Fault::at(parameter, format!("there is no model `{id}`, or not any more"))
}

#[cfg(test)]
mod tests {
    use super::{MOST, Page};
    use serde_json::{Value, json};

    fn page(query: &str) -> Result<Page, String> {
        let parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        let parameters = parameters.map(|(name, value)| (name, value.to_owned()));
        Page::try_new(parameters).map_err(|fault| fault.to_string())
    }

    fn models(ids: impl Iterator<Item = String>) -> Vec<Value> {
        ids.map(|id| json!({ "id": id })).collect()
    }

    /// `more` stands for more models in the page's direction.
    fn shown(query: &str, models: &[Value]) -> Result<String, String> {
        let page = page(query)?;
        let (found, has_more) = page.of(models).map_err(|fault| fault.to_string())?;
        let ids = found.iter().filter_map(|model| model["id"].as_str());
        Ok(ids.chain(has_more.then_some("more")).collect::<Vec<_>>().join(" "))
    }

    #[track_caller]
    fn check(query: &str, expected: &str) {
        let models = models("abcde".chars().map(String::from));
        assert_eq!(shown(query, &models).as_deref(), Ok(expected), "{query}");
    }

    #[test]
    fn pages_in_both_directions() {
        check("", "a b c d e");
        check("limit=2", "a b more");
        check("limit=5&x=1", "a b c d e");
        check("limit=2&after_id=b", "c d more");
        check("limit=2&after_id=c", "d e");
        check("after_id=e", "");
        check("limit=2&before_id=d", "b c more");
        check("limit=2&before_id=c", "a b");
        check("before_id=a", "");
        check("limit=1&after_id=a&before_id=d", "c more");
        check("after_id=d&before_id=b", "");
    }

    #[test]
    fn what_is_no_page() {
        for limit in ["0", "1001", "-1", "x", ""] {
            let fault = page(&format!("limit={limit}")).expect_err(limit);
            assert_eq!(fault, "limit: it must be a number from 1 to 1000");
        }
        for name in ["after_id", "before_id"] {
            let fault = shown(&format!("{name}=x"), &[]).expect_err(name);
            assert_eq!(fault, format!("{name}: there is no model `x`, or not any more"));
        }
    }

    #[test]
    fn who_names_no_limit_gets_as_many_as_there_may_be() {
        let models = models((0..=MOST).map(|number| number.to_string()));
        let page = Page::default();
        assert_eq!(page.of(&models[..MOST]).expect("a page"), (&models[..MOST], false));
        assert_eq!(page.of(&models).expect("a page"), (&models[..MOST], true));
    }

    #[test]
    fn who_turns_pages_comes_to_an_end() {
        let models = models(["a", "b", "a", "c"].map(str::to_owned).into_iter());
        for (query, expected) in [("after_id=a", "c"), ("before_id=a", "")] {
            assert_eq!(shown(query, &models).as_deref(), Ok(expected), "{query}");
        }
    }
}
