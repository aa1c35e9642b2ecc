use std::path::PathBuf;

use clap::Args;

use crate::{
    auth::{InvalidKeySource, KeySource, PATIENCE},
    domain::fields::given,
};

/// Whose tokens are taken besides those that are signed with the secret.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tokens")]
pub struct KeyArgs {
    /// Address of the public keys (JWKS) that tokens of another service are signed with (RS256,
    /// PS256, ES256, EdDSA and their like). It must be https, unless it is this machine's. Asked
    /// again every ten minutes, or as its Cache-Control says (1-60 minutes), and at most once a
    /// minute when a token names another key
    #[arg(long, env = "JWKS_URL")]
    jwks_url: Option<String>,

    /// A file with such keys, in place of an address; read again within a minute of a change
    #[arg(long, env = "JWKS_FILE")]
    jwks_file: Option<PathBuf>,
}

/// Keys cannot come from where the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum KeyConfigError {
    /// An address and a file.
    #[error("JWKS_URL and JWKS_FILE: only one of them can be set")]
    Both,
    /// The address cannot be used.
    #[error("JWKS_URL")]
    Address(#[from] InvalidKeySource),
}

impl KeyArgs {
    /// Where keys come from, if any.
    ///
    /// # Errors
    /// [`KeyConfigError`] for an address that cannot be used, or for two places.
    pub fn source(&self) -> Result<Option<KeySource>, KeyConfigError> {
        let url = self.jwks_url.as_deref().and_then(given);
        let file = self.jwks_file.as_ref();
        let file = file.filter(|path| !path.as_os_str().is_empty());
        match (url, file) {
            (Some(_), Some(_)) => Err(KeyConfigError::Both),
            (Some(url), None) => Ok(Some(KeySource::address(url, PATIENCE)?)),
            (None, file) => Ok(file.map(KeySource::file)),
        }
    }
}
