//! TLS with verified certificates, and what to tell a person whose server's certificate fails.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::store::{StoreError, StoreErrorKind};

/// Makes the settings of all TLS connections: the system's certificates and those of the file are trusted.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, StoreError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!("a certificate of the system cannot be read: {error}");
    }
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = ca_file {
        let unreadable = |error: &dyn std::fmt::Display| {
            StoreError::new(StoreErrorKind::UntrustedCertificate, path.display())
                .with_detail(format!("the file holds no certificate in PEM form: {error}"))
        };
        let bytes = std::fs::read(path).map_err(|error| StoreError::from_io(path.display(), &error))?;
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&bytes) {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
            count += 1;
        }
        if count == 0 {
            return Err(unreadable(&"nothing found in it"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| StoreError::new(StoreErrorKind::NotSupported, "TLS").with_detail(error))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// Starts TLS; the certificate must be trusted and name the host.
pub(crate) async fn start(
    config: Arc<ClientConfig>,
    host: &str,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, StoreError> {
    let name = match host.parse::<IpAddr>() {
        Ok(address) => ServerName::from(address),
        Err(_) => ServerName::try_from(host.to_owned()).map_err(|error| {
            StoreError::new(StoreErrorKind::UntrustedCertificate, host)
                .with_detail(format!("no certificate can name this host: {error}"))
        })?,
    };
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| explain(&error, host))
}

fn explain(error: &std::io::Error, host: &str) -> StoreError {
    let tls_error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls_error {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            StoreError::new(StoreErrorKind::UntrustedCertificate, host).with_detail(advice(reason, host))
        }
        Some(other) => {
            StoreError::new(StoreErrorKind::AuthenticationRefused, host).with_detail(format!("TLS fails: {other}"))
        }
        None => StoreError { kind: StoreErrorKind::Unreachable, ..StoreError::from_io(host, error) },
    }
}

fn advice(reason: &CertificateError, host: &str) -> String {
    match reason {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no certificate authority that is trusted here issued it; give the domain's CA certificate as CA file (PEM), \
             or add it to the system's trusted certificates"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => format!(
            "it does not name `{host}` ({reason}); connect by a name that stands in its subjectAltName, or have it \
             issued anew for this name"
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("it has expired ({reason}); renew it on the server")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("it is not valid yet ({reason}); compare the clocks")
        }
        other => format!("{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_with_what_to_do() {
        let explained = |reason| {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(reason));
            let error = explain(&error, "dc1.corp.example.com");
            assert_eq!(error.kind, StoreErrorKind::UntrustedCertificate);
            error.detail
        };
        assert!(explained(CertificateError::UnknownIssuer).contains("CA file"));
        assert!(explained(CertificateError::NotValidForName).contains("dc1.corp.example.com"));
        assert!(explained(CertificateError::Expired).contains("renew"));
        let reset = explain(&std::io::Error::from(std::io::ErrorKind::ConnectionReset), "dc1");
        assert_eq!(reset.kind, StoreErrorKind::Unreachable);
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "no certificate").unwrap();
        let error = client_config(Some(file.path())).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::UntrustedCertificate);
        let missing = client_config(Some(Path::new("/no/such/file.pem"))).unwrap_err();
        assert_eq!(missing.kind, StoreErrorKind::NotFound);
    }
}
