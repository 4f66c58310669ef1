//! From an image to a machine that runs, or the one that was made before.

use super::argv::{self, Hardware, LEAST_MEMORY_MIB, Machine};
use super::config::Config;
use super::expected::{self, Measured};
use super::image::Built;
use super::kit::Kit;
use super::room::{Folder, Record, Started};
use super::stages::Stages;
use super::{Room, cmdline, failed, images, pin, process, qmp, remove, watch};
use crate::attest;
use crate::clock::{Clock, SystemClock};
use crate::driver::DriverError;
use domain::attest::{Platform, Shape};
use domain::instance::InstanceSpec;
use domain::placement::MACHINE_OVERHEAD_MIB;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

/// Somebody may take a port between our look and QEMU's.
const PORT_TRIES: usize = 5;
const PORT_TAKEN: &str = "Could not set up host forwarding rule";

pub async fn ensure(room: &Arc<Room>, spec: &InstanceSpec) -> Result<(), DriverError> {
    let kit = room.kit().await?;
    room.machines().bring(&spec.id, &spec.secrets);
    if !room.machines().making.insert(spec.id.clone()) {
        return Ok(());
    }
    let watched = make(room, &kit, spec)
        .await
        .map(|record| watch::begin(room, record));
    room.machines().making.remove(&spec.id);
    watched?;
    room.hint(&spec.environment);
    Ok(())
}

async fn make(room: &Arc<Room>, kit: &Kit, spec: &InstanceSpec) -> Result<Record, DriverError> {
    let folder = room.folders.machine(&spec.id);
    if let Some(record) = folder.record().map_err(|e| failed(&e))? {
        if runs(&folder).await.map_err(|e| failed(&e))? {
            return Ok(record);
        }
        // It ended, or a crash came before it was started: another one takes its place.
        room.machines().forget(&spec.id);
        remove::clear(&folder).await.map_err(|e| failed(&e))?;
        // Its disk may be why.
        images::collect(room).await;
    }
    let mut stages = Stages::default();
    let (record, cmdline) = written(room, kit, spec, &mut stages).await?;
    let started = start(kit, spec, &folder, &cmdline, stages).await;
    if let Err(e) = started {
        remove::clear(&folder).await.map_err(|e| failed(&e))?;
        return Err(DriverError::Refused(format!(
            "The machine does not start: {e}."
        )));
    }
    Ok(record)
}

/// QEMU may answer before it was written that it does: then nobody knows its port.
async fn runs(folder: &Folder) -> io::Result<bool> {
    Ok(folder.started()?.is_some() && qmp::runs(folder.path()).await?)
}

/// The disk is kept from being collected until the machine has it too.
async fn written(
    room: &Arc<Room>,
    kit: &Kit,
    spec: &InstanceSpec,
    stages: &mut Stages,
) -> Result<(Record, String), DriverError> {
    let _one_at_a_time = room.building.lock().await;
    let built = images::disk(room, spec).await?;
    stages.done("root disk");
    let written = write(room, kit, spec, &built).await;
    stages.done("measured");
    written.map_err(|e| failed(&e))
}

fn shape(spec: &InstanceSpec) -> Shape {
    let memory_mb = spec
        .resources
        .memory_mib
        .saturating_add(MACHINE_OVERHEAD_MIB);
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
    let line = cmdline::line(&built.rootfs, &digest, spec.debug);
    std::fs::write(draft.file(argv::CONFIG), bytes)?;
    std::fs::write(draft.file(argv::INITRD), &kit.initrd)?;
    std::fs::hard_link(images::place(room, &spec.image), draft.file(argv::ROOTFS))?;
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
        secrets: !spec.secrets.is_empty(),
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
    mut stages: Stages,
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
                stages.done("machine");
                return folder.write_started(&Started {
                    port,
                    at: SystemClock.now(),
                    boot: stages.all,
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
