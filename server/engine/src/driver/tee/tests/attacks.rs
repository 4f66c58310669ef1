//! What somebody who owns the machine may try.

use super::lab::{Lab, Tampered, cleared, differs, tampered};
use crate::driver::tee::argv::{CONFIG, INITRD, ROOTFS};
use crate::driver::tee::room::Folder;
use domain::attest::{Hex, sha256};

/// Boots it changed, and looks at what it shows.
async fn attack(
    name: &str,
    change: impl FnOnce(&Folder, &mut String),
    outcome: impl Fn(&Tampered, Option<String>),
) {
    let Some(lab) = Lab::open(name).await else {
        return;
    };
    let (driver, spec) = (lab.connect(), lab.spec());
    let machine = tampered(&driver, &spec, change).await;
    let evidence = machine.evidence().await;
    let difference =
        evidence.map(|evidence| differs(&evidence, &machine.expected).unwrap_or_default());
    outcome(&machine, difference);
    cleared(&driver, &spec).await;
}

fn change_file(folder: &Folder, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = folder.file(name);
    let mut bytes = std::fs::read(&path).expect("it is there");
    change(&mut bytes);
    // The root disk is shared with other machines of the image.
    std::fs::remove_file(&path).expect("it goes");
    std::fs::write(&path, bytes).expect("it is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_a_bit_flipped_in_the_root_file_system_ends_the_guest() {
    // In the superblock, which is always read.
    let flip = |folder: &Folder, _: &mut String| {
        change_file(folder, ROOTFS, |bytes| bytes[80] ^= 1);
    };
    attack("rootfs", flip, |machine, difference| {
        assert_eq!(
            difference,
            None,
            "it must never serve: {}",
            machine.console()
        );
        assert!(
            machine.console().contains("dm-verity"),
            "{}",
            machine.console()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_another_config_under_the_old_command_line_ends_the_guest() {
    let change = |folder: &Folder, _: &mut String| {
        change_file(folder, CONFIG, |bytes| {
            *bytes.last_mut().expect("padding") = 1
        });
    };
    attack("config", change, |machine, difference| {
        assert_eq!(
            difference,
            None,
            "it must never serve: {}",
            machine.console()
        );
        assert!(
            machine.console().contains("refused: config"),
            "{}",
            machine.console()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_another_config_with_a_command_line_that_fits_is_seen_in_pcr_9() {
    let change = |folder: &Folder, line: &mut String| {
        let mut hash = String::new();
        change_file(folder, CONFIG, |bytes| {
            let text = String::from_utf8_lossy(bytes).replace("From inside.", "From abroad.");
            *bytes = text.into_bytes();
            hash = crate::driver::tee::hex(&sha256(bytes));
        });
        let start = line.find("tee.config=").expect("it is named") + "tee.config=".len();
        line.replace_range(start..start + 64, &hash);
    };
    attack("config-and-line", change, |_, difference| {
        assert!(difference.is_some_and(|said| said.contains("PCR 9")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_one_more_word_in_the_command_line_is_seen_in_pcr_9() {
    attack(
        "word",
        |_, line| line.push_str(" tee.debug=1"),
        |_, difference| {
            assert!(difference.is_some_and(|said| said.contains("PCR 9")));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_one_more_file_in_the_initrd_is_seen() {
    let change = |folder: &Folder, _: &mut String| {
        change_file(folder, INITRD, |bytes| bytes.extend([0; 4096]));
    };
    attack("initrd", change, |_, difference| {
        // Its size is in the kernel's header, where QEMU writes it.
        assert!(difference.is_some_and(|said| said.contains("PCR 4") || said.contains("PCR 9")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_an_unchanged_machine_passes_and_with_another_tpm_it_does_not() {
    let Some(lab) = Lab::open("tpm").await else {
        return;
    };
    let (driver, spec) = (lab.connect(), lab.spec());
    let machine = tampered(&driver, &spec, |_, _| {}).await;
    assert!(machine.evidence().await.is_some(), "{}", machine.console());
    assert_eq!(machine.verdict(machine.tpm()).await, Ok(()));
    let other = machine.verdict(Hex([4; 64])).await;
    assert!(
        matches!(&other, Err(said) if said.contains("key.pinned")),
        "{other:?}"
    );
    cleared(&driver, &spec).await;
}
