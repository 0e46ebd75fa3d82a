//! A certificate authority of a test's own, and the certificates that it issues, as PEM. It knows nothing of who uses
//! them.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::error::TestbedError;

/// A certificate authority.
pub struct Authority {
    /// Its own certificate, in PEM.
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its private key, in PEM.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The certificate.
    pub certificate: String,
    /// The private key, unencrypted.
    pub key: String,
}

/// The purpose of a certificate, and whether it still serves it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// A server's.
    Server,
    /// A client's.
    Client,
    /// A server's, of years ago.
    ExpiredServer,
    /// A client's, of years ago.
    ExpiredClient,
}

impl Authority {
    /// A new one, of which nobody has heard.
    ///
    /// # Errors
    /// [`TestbedError::Certificate`].
    pub fn new(name: &str) -> Result<Self, TestbedError> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        Ok(Self {
            certificate: params.self_signed(&key)?.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// A certificate for these DNS names and IP addresses.
    ///
    /// # Errors
    /// [`TestbedError::Certificate`], of a name that is none.
    pub fn issue(&self, names: &[&str], purpose: Purpose) -> Result<Certified, TestbedError> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "testbed");
        params.extended_key_usages = vec![match purpose {
            Purpose::Server | Purpose::ExpiredServer => ExtendedKeyUsagePurpose::ServerAuth,
            Purpose::Client | Purpose::ExpiredClient => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        if matches!(purpose, Purpose::ExpiredServer | Purpose::ExpiredClient) {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate()?;
        Ok(Certified {
            certificate: params.signed_by(&key, &self.issuer)?.pem(),
            key: key.serialize_pem(),
        })
    }
}
