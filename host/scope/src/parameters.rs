//! The parameters of a request, from its URL and its form, decoded once.
//!
//! The request that is sent is written from here, so that it is exactly what was judged.

use crate::refusal::ScopeRefusal;

/// The parameter that may stand more than once.
pub(crate) const MATCH: &str = "match[]";
/// The parameter that holds PromQL.
pub(crate) const QUERY: &str = "query";

/// Parameters by name and value, in the order in which they stood.
#[derive(Debug, Default)]
pub(crate) struct Parameters(pub(crate) Vec<(&'static str, String)>);

impl Parameters {
    /// Reads a URL's query or a form: each name one of `known`, each but `match[]` at most once.
    pub(crate) fn read(
        &mut self,
        encoded: &[u8],
        known: &[&'static str],
    ) -> Result<(), ScopeRefusal> {
        for (name, value) in form_urlencoded::parse(encoded) {
            // The decoder puts this in the place of bytes that are not UTF-8. No parameter has a use for it.
            if name.contains(char::REPLACEMENT_CHARACTER)
                || value.contains(char::REPLACEMENT_CHARACTER)
            {
                return Err(ScopeRefusal::NotUtf8);
            }
            let name = known
                .iter()
                .find(|known| **known == name)
                .ok_or(ScopeRefusal::UnknownParameter)?;
            if *name != MATCH && self.0.iter().any(|(other, _)| other == name) {
                return Err(ScopeRefusal::RepeatedParameter(name));
            }
            self.0.push((name, value.into_owned()));
        }
        Ok(())
    }

    /// As a URL's query or a form.
    pub(crate) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}
