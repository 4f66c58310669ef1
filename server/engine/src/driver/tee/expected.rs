//! What a machine must measure as, computed before it boots, and signed.

use super::kit::Kit;
use super::measure::{self, NoKernel};
use domain::attest::{
    Digest, Expected, Hex, Rootfs, Shape, SignedExpected, SimExpected, VERSION, sha256,
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// One machine, as far as it is measured.
pub struct Measured<'a> {
    pub image: &'a str,
    pub rootfs: &'a Rootfs,
    pub config: Digest,
    pub cmdline: &'a str,
    pub shape: Shape,
}

/// For the simulated platform; the others need hardware that nobody tried this on.
pub fn compute(kit: &Kit, of: &Measured<'_>) -> Result<Expected, NoKernel> {
    let kernel = measure::kernel(
        &kit.kernel,
        kit.initrd.len(),
        of.shape.memory_mb,
        kit.qemu.major,
    )?;
    Ok(Expected {
        v: VERSION,
        image: of.image.to_owned(),
        config: of.config,
        rootfs: of.rootfs.clone(),
        kernel: Hex(sha256(&kit.kernel)),
        initrd: Hex(sha256(&kit.initrd)),
        firmware: Hex(sha256(&kit.firmware)),
        cmdline: of.cmdline.to_owned(),
        shape: of.shape,
        snp: None,
        tdx: None,
        sim: Some(SimExpected {
            pcr0: None,
            dxefv: Some(kit.drivers),
            pcr4: kernel,
            pcr9: measure::command_line(of.cmdline, &kit.initrd),
        }),
    })
}

/// The key of this installation: it signs what is expected, and secrets for those who are it.
pub fn key(file: &Path) -> io::Result<Ed25519KeyPair> {
    if !file.exists() {
        let random = ring::rand::SystemRandom::new();
        let made =
            Ed25519KeyPair::generate_pkcs8(&random).map_err(|e| io::Error::other(e.to_string()))?;
        let draft = file.with_extension("new");
        let mut open = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        open.write_all(made.as_ref())?;
        open.sync_all()?;
        fs::rename(draft, file)?;
    }
    Ed25519KeyPair::from_pkcs8(&fs::read(file)?).map_err(|e| io::Error::other(e.to_string()))
}

pub fn public(key: &Ed25519KeyPair) -> Hex<32> {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(key.public_key().as_ref());
    Hex(bytes)
}

/// Under the hash of what is signed: nothing that was ever expected is changed or removed.
pub fn append(folder: &Path, signed: &SignedExpected) -> io::Result<()> {
    let name = format!("{}.json", Hex(sha256(&signed.expected.0)));
    match File::options()
        .write(true)
        .create_new(true)
        .open(folder.join(name))
    {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
        Ok(mut file) => {
            file.write_all(&serde_json::to_vec(signed)?)?;
            file.sync_all()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::sign;
    use crate::attest::tests::image;
    use domain::attest::signed_bytes;
    use ring::signature::{ED25519, UnparsedPublicKey};

    #[test]
    fn i17_what_is_expected_is_signed_by_a_key_that_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("signing.key");
        let first = sign(&image(), &key(&file).expect("a key")).expect("it is signed");
        let again = sign(&image(), &key(&file).expect("a key")).expect("it is signed");
        assert_eq!(first, again);
        let public = UnparsedPublicKey::new(&ED25519, first.key.0);
        let bytes = signed_bytes(&first.expected.0);
        assert!(public.verify(&bytes, &first.signature.0).is_ok());
        assert!(
            public
                .verify(&first.expected.0, &first.signature.0)
                .is_err()
        );
    }

    #[test]
    fn i17_what_was_expected_once_is_never_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = key(&folder.path().join("signing.key")).expect("a key");
        let first = sign(&image(), &key).expect("it is signed");
        let other = sign(
            &Expected {
                cmdline: "loud".into(),
                ..image()
            },
            &key,
        )
        .expect("it is signed");
        let list = folder.path().join("expected");
        fs::create_dir(&list).expect("a folder");
        for signed in [&first, &other, &first] {
            append(&list, signed).expect("it is kept");
        }
        let mut kept: Vec<SignedExpected> = fs::read_dir(&list)
            .expect("a list")
            .map(|entry| fs::read(entry.expect("one").path()).expect("its bytes"))
            .map(|bytes| serde_json::from_slice(&bytes).expect("as it was written"))
            .collect();
        kept.sort_by_key(|signed| signed.expected.0.len());
        assert_eq!(kept.len(), 2);
        assert!(kept.contains(&first) && kept.contains(&other));
    }
}
