//! The access file, from its place to what it grants.

use std::path::Path;

use super::{
    error::{AccessError, Fault},
    guarded::{self, Guarded},
    jwt::Jwt,
    tables::{self, Root},
    tokens::Tokens,
};

/// The contents of an access file.
#[derive(Debug)]
pub(super) struct AccessFile {
    pub(super) tokens: Tokens,
    pub(super) jwt: Option<Jwt>,
    pub(super) hosts: Vec<String>,
}

impl AccessFile {
    /// Reads it, and the key that it names.
    pub(super) fn read(path: &Path) -> Result<Self, AccessError> {
        let contents =
            guarded::read(path, Guarded::Integrity).map_err(|source| AccessError::Unreadable {
                path: path.to_owned(),
                source,
            })?;
        if guarded::is_read_by_all(path) {
            tracing::warn!(
                file = %path.display(),
                "everybody may read the access file: it names tenants, and a token that was thought up can be found from \
                 its hash; `chmod o-r` keeps it to those who need it"
            );
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&contents, folder).map_err(|(line, fault)| AccessError::Line {
            path: path.to_owned(),
            line,
            fault,
        })
    }

    /// Files that it names are looked for from `folder`.
    fn parse(contents: &[u8], folder: &Path) -> Result<Self, (usize, Fault)> {
        let text = std::str::from_utf8(contents)
            .map_err(|error| (line_of(contents, error.valid_up_to()), Fault::Text))?;
        let at = |place: usize| line_of(contents, place);
        // Its message and its line, but not the line itself: a token may stand there by mistake.
        let root: Root = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            (at(place), Fault::Form(error.message().to_owned()))
        })?;
        if root.token.is_empty() && root.jwt.is_none() {
            return Err((1, Fault::Nobody));
        }
        let mut tokens = Tokens::default();
        for table in root.token {
            let line = at(table.span().start);
            let token = table.into_inner().token();
            let added = token.and_then(|token| tokens.add(token));
            added.map_err(|fault| (line, fault))?;
        }
        let mut hosts = Vec::new();
        for host in root.hosts {
            let line = at(host.span().start);
            hosts.push(tables::host(host.into_inner()).map_err(|fault| (line, fault))?);
        }
        let jwt = root.jwt.map(|table| {
            let line = at(table.span().start);
            table
                .into_inner()
                .jwt(folder)
                .map_err(|fault| (line, fault))
        });
        Ok(Self {
            tokens,
            jwt: jwt.transpose()?,
            hosts,
        })
    }
}

/// Counted from one.
fn line_of(text: &[u8], place: usize) -> usize {
    let before = text.get(..place).unwrap_or(text);
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf %s abc | sha256sum`
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const DEF: &str = "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34";
    const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(text: &str) -> Result<AccessFile, (usize, Fault)> {
        AccessFile::parse(text.as_bytes(), Path::new("/nowhere"))
    }

    /// The line and the message of what is wrong.
    fn fault(text: &str) -> (usize, String) {
        let (line, fault) = parse(text).expect_err(text);
        (line, fault.to_string())
    }

    fn token(more: &str) -> String {
        format!("[[token]]\nname = \"a\"\nsha256 = \"{ABC}\"\n{more}\n")
    }

    #[test]
    fn a_file_with_all_that_a_token_may_have_is_read() {
        let text = format!(
            "hosts = [\"Metric.Example\", \"10.0.0.1\", \"[::1]\"]\n{}\n[[token]]\nname = \"b\"\nsha256 = \"{DEF}\"\nrole = \"operator\"\n",
            token(
                "role = \"reader\"\nscope = [\"user_id=u\", \"project_id=~p|q\"]\nrate = { per_second = 2, burst = 5 }\nconcurrent = 3"
            )
        );
        let file = parse(&text).unwrap();
        assert_eq!(file.hosts, ["metric.example", "10.0.0.1", "[::1]"]);
        assert!(file.jwt.is_none());
    }

    #[test]
    fn a_reader_without_a_scope_is_refused_at_start() {
        for scope in ["", "scope = []"] {
            let (line, reason) = fault(&format!(
                "\n{}",
                token(&format!("role = \"reader\"\n{scope}"))
            ));
            assert_eq!(line, 2);
            assert!(reason.contains("a reader needs a scope"), "{reason}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_what_is_accepted() {
        let (line, reason) = fault(&token("role = \"operator\"\nscopes = [\"user_id=u\"]"));
        assert_eq!(line, 5);
        assert!(
            reason.contains("`scopes`") && reason.contains("`scope`"),
            "{reason}"
        );
        let (line, reason) = fault("\n\n[[tokens]]\nname = \"a\"");
        assert_eq!(line, 3);
        assert!(
            reason.contains("`tokens`") && reason.contains("`token`"),
            "{reason}"
        );
        let (line, reason) = fault(&token("role = \"admin\""));
        assert_eq!(line, 4);
        assert!(reason.contains("`reader`"), "{reason}");
        let (_, reason) = fault(&token(
            "role = \"operator\"\nrate = { per_second = 1, burst = 1, per_minute = 1 }",
        ));
        assert!(reason.contains("`per_minute`"), "{reason}");
        let (_, reason) = fault("[jwt]\nalgorithm = \"none\"");
        assert!(
            reason.contains("`EdDSA`") && reason.contains("`HS256`"),
            "{reason}"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        let operator = |more: &str| token(&format!("role = \"operator\"\n{more}"));
        let named = |name: &str| {
            format!("[[token]]\nname = {name}\nsha256 = \"{DEF}\"\nrole = \"operator\"")
        };
        for (text, line, reason) in [
            (String::new(), 1, "nobody in it"),
            ("hosts = [\n\"http://a\"]".to_owned() + "\n" + &operator(""), 2, "is no host"),
            (operator("scope = [\"user_id\"]"), 1, "is no scope"),
            (operator("scope = [\"user_id=~.*\"]"), 1, "matches the empty string"),
            (operator("scope = ['user_id=\"u\"']"), 1, "without quotes"),
            (operator("concurrent = 0"), 1, "concurrent is 1 to"),
            (operator("concurrent = 256"), 1, "concurrent is 1 to 255"),
            (operator("rate = { per_second = 0, burst = 1 }"), 1, "a rate has"),
            (operator("rate = { per_second = nan, burst = 1 }"), 1, "a rate has"),
            (operator("rate = { per_second = inf, burst = 1 }"), 1, "a rate has"),
            (operator("rate = { per_second = -1, burst = 1 }"), 1, "a rate has"),
            (operator("rate = { per_second = 1, burst = 0 }"), 1, "a rate has"),
            (operator("") + &named("\"a\""), 6, "is there twice"),
            (operator("") + &named("\"b\"").replace(DEF, ABC), 6, "is also that of"),
            (operator("").replace(ABC, NOTHING), 1, "empty text"),
            (named("\"\""), 1, "name has 1 to"),
            (named("\"a\\nb\""), 1, "name has 1 to"),
            ("[jwt]\nalgorithm = \"EdDSA\"\nsecret = \"s\"\naudience = \"a\"\nissuer = \"i\"".to_owned(), 1, "EdDSA goes with public_key"),
            ("[jwt]\nalgorithm = \"HS256\"\npublic_key = \"s\"\naudience = \"a\"\nissuer = \"i\"".to_owned(), 1, "HS256 goes with secret"),
            ("[jwt]\nalgorithm = \"HS256\"\nsecret = \"s\"\naudience = \"\"\nissuer = \"i\"".to_owned(), 1, "not empty"),
            ("[jwt]\nalgorithm = \"HS256\"\nsecret = \"s\"\naudience = \"a\"\nissuer = \"i\"\nleeway = 301".to_owned(), 1, "leeway"),
            ("[jwt]\nalgorithm = \"HS256\"\nsecret = \"s\"\naudience = \"a\"\nissuer = \"i\"".to_owned(), 1, "/nowhere/s"),
            ("[jwt]\nalgorithm = \"HS256\"\nsecret = \"s\"\nissuer = \"i\"".to_owned(), 1, "audience"),
        ] {
            let (found, message) = fault(&text);
            assert!(message.contains(reason), "{text}\n{message}");
            assert_eq!(found, line, "{text}\n{message}");
        }
    }

    #[test]
    fn a_token_that_stands_in_the_place_of_its_hash_or_elsewhere_is_not_repeated() {
        const SECRET: &str = "s3cret-token";
        for text in [
            token("role = \"operator\"").replace(ABC, SECRET),
            token(&format!("role = \"operator\"\ntoken = \"{SECRET}\"")),
            token(&format!("role = \"operator\"\ntoken = {SECRET}")),
            token(&format!("role = \"operator\"\ntoken = \"{SECRET}")),
            token(&format!("role = \"operator\"\n{SECRET}: 1")),
            token(&format!("role = \"operator\" # {SECRET}\ntoken")),
        ] {
            let (_, reason) = fault(&text);
            assert!(!reason.contains(SECRET), "{reason}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_line() {
        let (line, fault) = AccessFile::parse(b"\n\xff", Path::new("")).unwrap_err();
        assert_eq!(line, 2);
        assert!(matches!(fault, Fault::Text));
    }
}
