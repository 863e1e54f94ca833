//! A page for each code: in the repository under `docs/errors/`, and on the server under `/docs/errors/`.

use std::fmt::Write as _;

use super::codes;

/// Name and Markdown of every page.
pub fn all() -> impl Iterator<Item = (&'static str, String)> {
    codes::ALL.iter().map(|code| {
        let status = code.status.as_u16();
        (code.name, format!("# {}\n\n`{}`, status {status}\n\n{}\n", code.title, code.name, code.advice))
    })
}

/// The page of the code `name`, as HTML.
#[must_use]
pub(crate) fn html(name: &str) -> Option<String> {
    let code = codes::ALL.iter().find(|c| c.name == name)?;
    let mut advice = String::new();
    for (i, part) in code.advice.split('`').enumerate() {
        let part = part.replace('&', "&amp;").replace('<', "&lt;");
        let _ = if i % 2 == 1 { write!(advice, "<code>{part}</code>") } else { write!(advice, "{part}") };
    }
    Some(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"font:16px/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem\">\
         <h1>{title}</h1><p><code>{name}</code>, status {status}</p><p>{advice}</p>\
         <p><a href=\"/docs\">API reference</a></p></body></html>",
        title = code.title,
        status = code.status.as_u16(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_page_and_a_name_of_its_own() {
        let mut names: Vec<_> = all().map(|(name, _)| name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|n| html(n).is_some()));
        assert_eq!(html("../secret"), None);
    }
}
