//! The tokens of the access file.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use subtle::ConditionallySelectable as _;

use super::{digest::Digest, error::Fault, grant::Grant};

/// A token of the access file, known by its digest.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) name: Arc<str>,
    pub(super) digest: Digest,
    pub(super) grant: Grant,
}

/// All of them, no two of one name or of one digest.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    all: Vec<Token>,
    names: HashSet<Arc<str>>,
    digests: HashMap<[u8; Digest::BYTES], Arc<str>>,
}

impl Tokens {
    /// # Errors
    /// [`Fault::NameTwice`], [`Fault::TokenTwice`].
    pub(super) fn add(&mut self, token: Token) -> Result<(), Fault> {
        let name = &token.name;
        if !self.names.insert(Arc::clone(name)) {
            return Err(Fault::NameTwice(name.to_string()));
        }
        let digest = token.digest.bytes();
        if let Some(other) = self.digests.insert(digest, Arc::clone(name)) {
            return Err(Fault::TokenTwice(name.to_string(), other.to_string()));
        }
        self.all.push(token);
        Ok(())
    }

    /// The one with this digest. All are compared, whichever it is, and each in a time of its own.
    pub(super) fn find(&self, digest: &Digest) -> Option<&Token> {
        let mut found = u32::MAX;
        for (place, token) in (0u32..).zip(&self.all) {
            found.conditional_assign(&place, token.digest.is(digest));
        }
        self.all.get(usize::try_from(found).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{allowance::Allowance, role::Role};

    #[test]
    fn each_token_is_found_by_what_it_is_and_no_other_is() {
        let token = |name: &str| Token {
            name: name.into(),
            digest: Digest::of(name.as_bytes()),
            grant: Grant::new(Role::Operator, None, Allowance::of(Role::Operator)).unwrap(),
        };
        let mut tokens = Tokens::default();
        for name in ["a", "b", "c"] {
            tokens.add(token(name)).unwrap();
        }
        for name in ["a", "b", "c"] {
            let found = tokens.find(&Digest::of(name.as_bytes())).unwrap();
            assert_eq!(&*found.name, name);
        }
        for other in ["", "d", "A", "ab"] {
            assert!(tokens.find(&Digest::of(other.as_bytes())).is_none());
        }
        assert!(Tokens::default().find(&Digest::of(b"a")).is_none());
    }
}
