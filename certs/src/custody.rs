//! The master key and what is sealed with it (AES-256-GCM, a key for each purpose by HKDF).

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::Zeroizing;

use crate::KeyError;

/// Holds the master key for as long as the process lives.
pub struct Custody {
    master: Zeroizing<[u8; 32]>,
}

impl Custody {
    /// Reads the master key, or makes it when there is none. Refuses a file that others may read.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let bytes = read_or_make(path, || {
            let mut key = vec![0_u8; 32];
            rand::fill(&mut key).map_err(|_| KeyError::Malformed("no random bytes".to_owned()))?;
            Ok(key)
        })?;
        let master = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| {
            KeyError::Malformed(format!("{} is not a master key: it must hold 32 bytes", path.display()))
        })?;
        Ok(Self { master: Zeroizing::new(master) })
    }

    /// Encrypts; what was sealed for one purpose opens for no other.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let unsealable = |_| KeyError::Malformed("sealing failed".to_owned());
        let mut nonce = [0_u8; NONCE_LEN];
        rand::fill(&mut nonce).map_err(unsealable)?;
        let mut sealed = plain.to_vec();
        self.key(purpose)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(unsealable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for the same purpose.
    pub fn open_sealed(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let mut buffer = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.key(purpose).ok()?.open_in_place(nonce, Aad::empty(), &mut buffer).ok()?;
        Some(plain.to_vec())
    }

    /// HMAC-SHA-256 of a short secret with a key of this purpose.
    pub fn fingerprint(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let derived = self.derive(&["fingerprint of ", purpose])?;
        Ok(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*derived), plain).as_ref().to_vec())
    }

    fn key(&self, purpose: &str) -> Result<LessSafeKey, KeyError> {
        let derived = self.derive(&[purpose])?;
        UnboundKey::new(&AES_256_GCM, &*derived).map(LessSafeKey::new).map_err(underivable)
    }

    fn derive(&self, info: &[&str]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let mut derived = Zeroizing::new([0_u8; 32]);
        let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"lanyard")
            .extract(&*self.master)
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *derived))
            .map_err(underivable)?;
        Ok(derived)
    }
}

fn underivable(_: aws_lc_rs::error::Unspecified) -> KeyError {
    KeyError::Malformed("key derivation failed".to_owned())
}

/// Reads a secret file, or makes it with owner-only rights; it appears whole or not at all.
pub fn read_or_make(path: &Path, make: impl FnOnce() -> Result<Vec<u8>, KeyError>) -> Result<Vec<u8>, KeyError> {
    let failed = |source| KeyError::File { path: path.display().to_string(), source };
    match std::fs::metadata(path) {
        Ok(metadata) => {
            if metadata.permissions().mode() & 0o077 != 0 {
                return Err(KeyError::LooseRights(path.display().to_string()));
            }
            std::fs::read(path).map_err(failed)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let bytes = make()?;
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
            let draft = path.with_extension("new");
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)
                .map_err(failed)?;
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
            std::fs::rename(&draft, path).map_err(failed)?;
            Ok(bytes)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("lanyard-custody-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("master.key")
    }

    #[test]
    fn opens_only_for_its_purpose_and_survives_a_restart() {
        let path = scratch("purpose");
        let sealed = Custody::open(&path).unwrap().seal("totp", b"secret").unwrap();
        let again = Custody::open(&path).unwrap();
        assert_eq!(again.open_sealed("totp", &sealed).unwrap(), b"secret");
        assert_eq!(again.open_sealed("mail", &sealed), None);
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(again.open_sealed("totp", &changed), None);
    }

    #[test]
    fn t_16_refuses_a_key_that_others_may_read() {
        let path = scratch("rights");
        Custody::open(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Custody::open(&path), Err(KeyError::LooseRights(_))));
    }
}
