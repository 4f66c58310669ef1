//! From an image to a machine that runs, or the one that was made before.

use super::argv::{self, Hardware, LEAST_MEMORY_MIB, Machine};
use super::config::Config;
use super::expected::{self, Measured};
use super::image::{self, Built};
use super::kit::Kit;
use super::room::{Folder, Record, Started};
use super::{Room, cmdline, failed, pin, process, watch};
use crate::attest;
use crate::clock::{Clock, SystemClock};
use crate::driver::DriverError;
use domain::attest::{Platform, Shape};
use domain::instance::InstanceSpec;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

/// Somebody may take a port between our look and QEMU's.
const PORT_TRIES: usize = 5;
const PORT_TAKEN: &str = "Could not set up host forwarding rule";
/// What the agent, the kernel and a file system in memory take beside the app.
const OWN_MEMORY_MIB: u32 = 160;

pub async fn ensure(room: &Arc<Room>, spec: &InstanceSpec) -> Result<(), DriverError> {
    let kit = room.kit().await?;
    room.machines()
        .secrets
        .insert(spec.id.clone(), spec.secrets.clone());
    if !room.machines().making.insert(spec.id.clone()) {
        return Ok(());
    }
    let made = make(room, &kit, spec).await;
    room.machines().making.remove(&spec.id);
    let record = made?;
    watch::begin(room, record);
    room.hint(&spec.environment);
    Ok(())
}

async fn make(room: &Arc<Room>, kit: &Kit, spec: &InstanceSpec) -> Result<Record, DriverError> {
    let folder = room.folders.machine(&spec.id);
    if let Some(record) = folder.record().map_err(|e| failed(&e))? {
        if folder.started().map_err(|e| failed(&e))?.is_some() {
            return Ok(record);
        }
        // It was written and never started: a crash came between.
        folder.remove().map_err(|e| failed(&e))?;
    }
    let built = disk(room, spec).await?;
    let written = write(room, kit, spec, &built).await;
    let (record, cmdline) = written.map_err(|e| failed(&e))?;
    let started = start(kit, spec, &folder, &cmdline).await;
    if let Err(e) = started {
        folder.remove().map_err(|e| failed(&e))?;
        return Err(DriverError::Refused(format!(
            "The machine does not start: {e}."
        )));
    }
    Ok(record)
}

/// Made once for an image, whoever runs it.
pub(super) async fn disk(room: &Arc<Room>, spec: &InstanceSpec) -> Result<Built, DriverError> {
    let _one_at_a_time = room.building.lock().await;
    let folder = room.folders.images();
    let scratch = tempfile::tempdir_in(&folder).map_err(|e| failed(&e))?;
    let archive = scratch.path().join("image.tar");
    room.source.save(&spec.image, &archive).await?;
    let (image, disk) = (spec.image.clone(), folder.join(disk_name(&spec.image)));
    let building = tokio::task::spawn_blocking(move || {
        let draft = scratch.path().join("disk");
        let built = image::build(&archive, &image, &draft, scratch.path())?;
        std::fs::rename(draft, disk)?;
        Ok(built)
    });
    let built: io::Result<Built> = building.await.map_err(|e| failed(&io::Error::other(e)))?;
    built.map_err(|e| {
        DriverError::Refused(format!("The image {} can't be measured: {e}.", spec.image))
    })
}

fn disk_name(image: &str) -> String {
    format!("{}.img", image.trim_start_matches("sha256:"))
}

fn shape(spec: &InstanceSpec) -> Shape {
    let memory_mb = spec.resources.memory_mib.saturating_add(OWN_MEMORY_MIB);
    Shape {
        cpus: spec.resources.cpus_milli.div_ceil(1000).max(1),
        memory_mb: memory_mb.max(LEAST_MEMORY_MIB),
        gpus: 0,
    }
}

/// All of it before anything is started: disks, the TPM's key, and what it must measure as.
pub(super) async fn write(
    room: &Room,
    kit: &Kit,
    spec: &InstanceSpec,
    built: &Built,
) -> io::Result<(Record, String)> {
    let draft = room.folders.draft(&spec.id)?;
    let config = Config::new(spec, built, expected::public(&room.key));
    let (bytes, digest) = config.disk()?;
    let line = cmdline::line(&built.rootfs, &digest, false);
    std::fs::write(draft.file(argv::CONFIG), bytes)?;
    std::fs::write(draft.file(argv::INITRD), &kit.initrd)?;
    std::fs::hard_link(
        room.folders.images().join(disk_name(&spec.image)),
        draft.file(argv::ROOTFS),
    )?;
    let tpm = pin::key(draft.path()).await?;
    let measured = Measured {
        image: &spec.image,
        rootfs: &built.rootfs,
        config: digest,
        cmdline: &line,
        shape: shape(spec),
    };
    let expected = expected::compute(kit, &measured).map_err(io::Error::other)?;
    let signed =
        attest::sign(&expected, &room.key).ok_or_else(|| io::Error::other("it can't be signed"))?;
    expected::append(&room.folders.expected(), &signed)?;
    draft.write_expected(&signed)?;
    let record = Record {
        id: spec.id.clone(),
        environment: spec.environment.clone(),
        tpm,
    };
    draft.write_record(&record)?;
    draft.becomes(&room.folders.machine(&spec.id))?;
    Ok((record, line))
}

pub(super) async fn start(
    kit: &Kit,
    spec: &InstanceSpec,
    folder: &Folder,
    cmdline: &str,
) -> io::Result<()> {
    let shape = shape(spec);
    let mut tries = 0;
    loop {
        let port = free_port()?;
        let machine = Machine {
            name: &spec.nickname,
            platform: Platform::Sim,
            files: &kit.files,
            cpus: shape.cpus,
            memory_mib: shape.memory_mb,
            port,
            cmdline,
            hardware: Hardware::default(),
        };
        match once(folder, &machine).await {
            Err(e) if e.to_string().contains(PORT_TAKEN) && tries < PORT_TRIES => tries += 1,
            Err(e) => return Err(e),
            Ok(()) => {
                return folder.write_started(&Started {
                    port,
                    at: SystemClock.now(),
                });
            }
        }
    }
}

/// The TPM first: QEMU wants it there, and it ends with QEMU.
async fn once(folder: &Folder, machine: &Machine<'_>) -> io::Result<()> {
    let mut tpm = process::tpm(folder.path()).await?;
    if let Err(e) = process::machine(folder.path(), machine).await {
        let _ = tpm.kill().await;
        return Err(e);
    }
    Ok(())
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
