//! Certificates of a secured instance, made by openssl.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::command;

/// Validity of every certificate.
const DAYS: &str = "365";

/// A key and its certificate as PEM files in one folder.
#[derive(Clone, Debug)]
pub struct Certificate {
    dir: PathBuf,
    name: String,
}

impl Certificate {
    /// The certificate `name` in `dir`, which may not exist yet.
    #[must_use]
    pub fn at(dir: &Path, name: &str) -> Self {
        Self { dir: dir.to_path_buf(), name: name.to_owned() }
    }

    /// Makes an authority: a certificate with the subject `name` that signs itself.
    ///
    /// # Errors
    /// Returns an error if openssl fails.
    pub fn create_authority(dir: &Path, name: &str) -> Result<Self> {
        let made = Self::at(dir, name);
        let subject = format!("/CN={name}");
        let output = ["-keyout", &made.file("key"), "-out", &made.file("crt")];
        let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS];
        openssl(dir, &[&request[..], &["-subj", &subject], &output].concat())?;
        Ok(made)
    }

    /// Makes a certificate with the subject `name` for `hosts` (`IP:127.0.0.1,DNS:localhost`), signed
    /// by this authority.
    ///
    /// # Errors
    /// Returns an error if openssl fails or a file can't be written.
    pub fn sign(&self, name: &str, hosts: &str) -> Result<Self> {
        let made = Self::at(&self.dir, name);
        let subject = format!("/CN={name}");
        let request = made.file("csr");
        let output = ["-keyout", &made.file("key"), "-out", &request];
        let key = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", &subject];
        openssl(&self.dir, &[&key[..], &output].concat())?;

        // Clients compare the host with the alternative names, not with the subject.
        let extensions = made.file("ext");
        fs::write(self.dir.join(&extensions), format!("subjectAltName={hosts}"))?;
        let authority = ["-CA", &self.file("crt"), "-CAkey", &self.file("key"), "-CAcreateserial"];
        let signed = ["-extfile", &extensions, "-out", &made.file("crt")];
        let sign = ["x509", "-req", "-in", &request, "-days", DAYS];
        openssl(&self.dir, &[&sign[..], &authority, &signed].concat())?;
        Ok(made)
    }

    /// Path of the certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.dir.join(self.file("crt"))
    }

    /// Path of the private key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.dir.join(self.file("key"))
    }

    fn file(&self, extension: &str) -> String {
        format!("{}.{extension}", self.name)
    }
}

fn openssl(dir: &Path, args: &[&str]) -> Result<()> {
    command::output(&mut command::program("openssl", dir, args)).map(drop)
}
