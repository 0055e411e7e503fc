//! Versions that are signed as the program minisign signs them.

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use blake2::{Blake2b512, Digest as _};
use model_server::registry::{Author, ModelId, Registry};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use tempfile::TempDir;
use vitals_core::runtime::config::Settings;

use crate::client::{copy, settings, workspace};

/// The file of a signature.
pub(crate) const SIGNATURE: &str = "manifest.json.minisig";

/// A key pair that signs as minisign does.
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    id: [u8; 8],
}

impl Signer {
    pub(crate) fn new(seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        Self { pair, id: [seed; 8] }
    }

    pub(crate) fn public_key(&self) -> String {
        STANDARD.encode([b"Ed".as_slice(), &self.id, self.pair.public_key().as_ref()].concat())
    }

    /// Signs the manifest of the version in a folder.
    pub(crate) fn sign(&self, folder: &Path) {
        let manifest = fs::read(folder.join("manifest.json")).unwrap();
        let signature = self.pair.sign(&Blake2b512::digest(&manifest));
        let comment = "signed in a test";
        let global = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        let line = STANDARD.encode([b"ED".as_slice(), &self.id, signature.as_ref()].concat());
        let global = STANDARD.encode(global);
        let text =
            format!("untrusted comment: test\n{line}\ntrusted comment: {comment}\n{global}\n");
        fs::write(folder.join(SIGNATURE), text).unwrap();
    }
}

pub(crate) fn author() -> Author {
    Author { who: "Ada".to_owned(), why: "a test".to_owned() }
}

/// A copy of the shipped models, unsigned, and the ids of their versions.
pub(crate) struct Models {
    pub(crate) dir: TempDir,
    ids: Vec<ModelId>,
}

impl Models {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(&workspace("models"), dir.path());
        let ids = Registry::new(dir.path()).list().unwrap();
        // Those of a signed distribution are signed with another key.
        for id in &ids {
            let _ = fs::remove_file(Registry::new(dir.path()).folder(id).join(SIGNATURE));
        }
        Self { dir, ids }
    }

    /// The registry, as a server with the signer's key reads it.
    pub(crate) fn registry(&self, signer: &Signer) -> Registry {
        Registry::new(self.dir.path()).signed_with(Some(signer.public_key().parse().unwrap()))
    }

    pub(crate) fn id(&self, name: &str) -> &ModelId {
        self.ids.iter().find(|id| id.name() == name).unwrap()
    }

    pub(crate) fn sign(&self, signer: &Signer, name: &str) {
        signer.sign(&Registry::new(self.dir.path()).folder(self.id(name)));
    }

    /// Settings of a server that polls these models with the signer's key.
    pub(crate) fn settings(&self, signer: &Signer) -> Settings {
        let mut settings = settings();
        settings.model_server.models_dir = self.dir.path().display().to_string();
        settings.model_server.poll_interval_ms = 20;
        settings.model_server.public_key = signer.public_key();
        settings
    }
}
