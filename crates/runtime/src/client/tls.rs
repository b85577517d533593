//! TLS settings: whom to trust, and that HTTP/1.1 is spoken.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The settings that trust what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` where they
/// are set), or Mozilla's list where the system has none, as in a bare container.
///
/// Read once; one store of TLS sessions is shared, so that later connections resume.
pub(super) fn trust_of_system() -> Arc<ClientConfig> {
    static SYSTEM: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    Arc::clone(SYSTEM.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::debug!(%error, "certificates of the system could not be read");
        }
        let mut roots = RootCertStore::empty();
        let (added, _not_usable) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            tracing::info!("the system has no trusted certificates, using the built-in list");
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        config(roots)
    }))
}

/// The settings that trust only the PEM certificates given.
///
/// # Errors
/// Where they cannot be read, or none can be an authority.
pub(super) fn trust_only(pem: &[u8]) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate =
            certificate.map_err(|error| format!("root certificates are not valid PEM: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("root certificate cannot be an authority: {error}"))?;
    }
    if roots.is_empty() {
        return Err("root certificates are missing: expected at least one in PEM form".to_owned());
    }
    Ok(config(roots))
}

fn config(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("invariant: the ring provider supports the default TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
