//! How QEMU and the TPM are started, as data. Pure: paths are relative to the machine's own folder,
//! which is where both run, so that one machine's line reads like another's.

use super::kit::Files;
use domain::attest::Platform;

/// The least that a guest boots with.
pub const LEAST_MEMORY_MIB: u32 = 192;

/// One virtual machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine<'a> {
    pub name: &'a str,
    pub platform: Platform,
    pub files: &'a Files,
    pub cpus: u32,
    pub memory_mib: u32,
    /// Of this machine, on loopback.
    pub port: u16,
    pub cmdline: &'a str,
    pub hardware: Hardware<'a>,
}

/// What the platform adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hardware<'a> {
    /// `snp`, as QEMU says of this processor (`query-sev-capabilities`).
    pub cbit: u32,
    pub reduced_bits: u32,
    /// `snp`: 32 bytes for the report; `tdx`: 48. In base64.
    pub host_data: &'a str,
}

pub const QEMU: &str = "qemu-system-x86_64";
pub const SWTPM: &str = "swtpm";
pub const CONTROL: &str = "qmp.sock";
pub const CONSOLE: &str = "console";
pub const ROOTFS: &str = "rootfs.img";
pub const CONFIG: &str = "config.img";
pub const INITRD: &str = "initrd.cpio";
const TPM: &str = "tpm.sock";

/// Ends with the machine (`--terminate`).
pub fn swtpm() -> Vec<String> {
    words(
        "socket --tpm2 --tpmstate dir=tpm --ctrl type=unixio,path=tpm.sock --terminate --flags startup-clear",
    )
}

/// The same TPM, asked by the host before there is a machine.
pub fn swtpm_alone() -> Vec<String> {
    words(
        "socket --tpm2 --tpmstate dir=tpm --server type=unixio,path=ask.sock --ctrl type=unixio,path=tpm.sock --terminate --flags startup-clear",
    )
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

impl Machine<'_> {
    pub fn qemu(&self) -> Vec<String> {
        let mut all = vec!["-name".into(), self.name.to_owned()];
        all.extend(match self.platform {
            Platform::Sim => self.sim(),
            Platform::Snp => self.snp(),
            Platform::Tdx => self.tdx(),
        });
        all.extend(self.common());
        all
    }

    fn sim(&self) -> Vec<String> {
        let mut all = words("-M q35 -accel tcg -cpu max");
        all.extend(words(&format!("-chardev socket,id=tc,path={TPM} -tpmdev emulator,id=t0,chardev=tc -device tpm-crb,tpmdev=t0")));
        all.extend(["-drive".into(), self.firmware()]);
        all
    }

    fn firmware(&self) -> String {
        format!(
            "if=pflash,format=raw,unit=0,readonly=on,file={}",
            self.files.firmware
        )
    }

    fn memory(&self) -> String {
        format!(
            "memory-backend-memfd,id=ram1,size={}M,share=true,prealloc=false",
            self.memory_mib
        )
    }

    fn snp(&self) -> Vec<String> {
        let Hardware {
            cbit,
            reduced_bits,
            host_data,
        } = self.hardware;
        let guest = format!(
            "sev-snp-guest,id=sev0,policy=0x30000,sev-device=/dev/sev,kernel-hashes=on,host-data={host_data},cbitpos={cbit},reduced-phys-bits={reduced_bits}"
        );
        let mut all = words(
            "-accel kvm -cpu EPYC-v4 -machine q35,kernel-irqchip=split,confidential-guest-support=sev0,memory-backend=ram1,hpet=off",
        );
        all.extend(["-object".into(), self.memory(), "-object".into(), guest]);
        all.extend(["-bios".into(), self.files.firmware.clone()]);
        all
    }

    fn tdx(&self) -> Vec<String> {
        // By hand: whether a map keeps its order is decided by whoever else is linked.
        let guest = format!(
            r#"{{"qom-type":"tdx-guest","id":"tdx","mrconfigid":"{}","quote-generation-socket":{{"type":"vsock","cid":"2","port":"4050"}}}}"#,
            self.hardware.host_data
        );
        let mut all = words(
            "-accel kvm -cpu host -machine q35,kernel-irqchip=split,confidential-guest-support=tdx,memory-backend=ram1,hpet=off",
        );
        all.extend(["-object".into(), self.memory(), "-object".into(), guest]);
        all.extend(["-bios".into(), self.files.firmware.clone()]);
        all
    }

    fn common(&self) -> Vec<String> {
        let mut all = words("-nodefaults -no-user-config -no-reboot -display none");
        let mut add = |name: &str, value: String| all.extend([name.to_owned(), value]);
        add("-smp", self.cpus.to_string());
        add("-m", self.memory_mib.to_string());
        add("-serial", format!("file:{CONSOLE}"));
        add("-qmp", format!("unix:{CONTROL},server=on,wait=off"));
        add(
            "-netdev",
            format!(
                "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:{}-:443",
                self.port
            ),
        );
        add("-device", device("virtio-net-pci", "netdev=n0,romfile="));
        for (id, file, serial) in [("d0", ROOTFS, "rootfs"), ("d1", CONFIG, "config")] {
            add(
                "-drive",
                format!("if=none,id={id},format=raw,readonly=on,file={file}"),
            );
            add(
                "-device",
                device("virtio-blk-pci", &format!("drive={id},serial={serial}")),
            );
        }
        add(
            "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny".into(),
        );
        add("-kernel", self.files.kernel.clone());
        add("-initrd", INITRD.into());
        add("-append", self.cmdline.into());
        all
    }
}

/// Its memory is the guest's own only where the guest says so.
fn device(kind: &str, of: &str) -> String {
    format!("{kind},disable-legacy=on,iommu_platform=true,{of}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(platform: Platform, expected: Expect) {
        let files = Files {
            kernel: "/kit/vmlinuz".into(),
            firmware: "/fw/OVMF.fd".into(),
        };
        let hardware = Hardware {
            cbit: 51,
            reduced_bits: 1,
            host_data: "AAAA",
        };
        let machine = Machine {
            name: "web-production-12",
            platform,
            files: &files,
            cpus: 2,
            memory_mib: 256,
            port: 40443,
            cmdline: "quiet tee.root=00",
            hardware,
        };
        let mut text = String::new();
        for word in machine.qemu() {
            let before = if word.starts_with('-') { "\n" } else { " " };
            text = text + before + &word;
        }
        expected.assert_eq(text.trim_start());
    }

    #[test]
    fn i17_sim_is_started_in_software_with_a_tpm() {
        check(
            Platform::Sim,
            expect![[r#"
            -name web-production-12
            -M q35
            -accel tcg
            -cpu max
            -chardev socket,id=tc,path=tpm.sock
            -tpmdev emulator,id=t0,chardev=tc
            -device tpm-crb,tpmdev=t0
            -drive if=pflash,format=raw,unit=0,readonly=on,file=/fw/OVMF.fd
            -nodefaults
            -no-user-config
            -no-reboot
            -display none
            -smp 2
            -m 256
            -serial file:console
            -qmp unix:qmp.sock,server=on,wait=off
            -netdev user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:40443-:443
            -device virtio-net-pci,disable-legacy=on,iommu_platform=true,netdev=n0,romfile=
            -drive if=none,id=d0,format=raw,readonly=on,file=rootfs.img
            -device virtio-blk-pci,disable-legacy=on,iommu_platform=true,drive=d0,serial=rootfs
            -drive if=none,id=d1,format=raw,readonly=on,file=config.img
            -device virtio-blk-pci,disable-legacy=on,iommu_platform=true,drive=d1,serial=config
            -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
            -kernel /kit/vmlinuz
            -initrd initrd.cpio
            -append quiet tee.root=00"#]],
        );
    }

    #[test]
    fn i17_snp_is_started_with_kernel_hashes() {
        check(
            Platform::Snp,
            expect![[r#"
            -name web-production-12
            -accel kvm
            -cpu EPYC-v4
            -machine q35,kernel-irqchip=split,confidential-guest-support=sev0,memory-backend=ram1,hpet=off
            -object memory-backend-memfd,id=ram1,size=256M,share=true,prealloc=false
            -object sev-snp-guest,id=sev0,policy=0x30000,sev-device=/dev/sev,kernel-hashes=on,host-data=AAAA,cbitpos=51,reduced-phys-bits=1
            -bios /fw/OVMF.fd
            -nodefaults
            -no-user-config
            -no-reboot
            -display none
            -smp 2
            -m 256
            -serial file:console
            -qmp unix:qmp.sock,server=on,wait=off
            -netdev user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:40443-:443
            -device virtio-net-pci,disable-legacy=on,iommu_platform=true,netdev=n0,romfile=
            -drive if=none,id=d0,format=raw,readonly=on,file=rootfs.img
            -device virtio-blk-pci,disable-legacy=on,iommu_platform=true,drive=d0,serial=rootfs
            -drive if=none,id=d1,format=raw,readonly=on,file=config.img
            -device virtio-blk-pci,disable-legacy=on,iommu_platform=true,drive=d1,serial=config
            -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
            -kernel /kit/vmlinuz
            -initrd initrd.cpio
            -append quiet tee.root=00"#]],
        );
    }

    #[test]
    fn i17_tdx_is_started_with_its_config_id() {
        check(
            Platform::Tdx,
            expect![[r#"
            -name web-production-12
            -accel kvm
            -cpu host
            -machine q35,kernel-irqchip=split,confidential-guest-support=tdx,memory-backend=ram1,hpet=off
            -object memory-backend-memfd,id=ram1,size=256M,share=true,prealloc=false
            -object {"qom-type":"tdx-guest","id":"tdx","mrconfigid":"AAAA","quote-generation-socket":{"type":"vsock","cid":"2","port":"4050"}}
            -bios /fw/OVMF.fd
            -nodefaults
            -no-user-config
            -no-reboot
            -display none
            -smp 2
            -m 256
            -serial file:console
            -qmp unix:qmp.sock,server=on,wait=off
            -netdev user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:40443-:443
            -device virtio-net-pci,disable-legacy=on,iommu_platform=true,netdev=n0,romfile=
            -drive if=none,id=d0,format=raw,readonly=on,file=rootfs.img
            -device virtio-blk-pci,disable-legacy=on,iommu_platform=true,drive=d0,serial=rootfs
            -drive if=none,id=d1,format=raw,readonly=on,file=config.img
            -device virtio-blk-pci,disable-legacy=on,iommu_platform=true,drive=d1,serial=config
            -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
            -kernel /kit/vmlinuz
            -initrd initrd.cpio
            -append quiet tee.root=00"#]],
        );
    }

    #[test]
    fn i17_no_secret_and_no_debugger_is_ever_in_a_line() {
        let files = Files {
            kernel: "k".into(),
            firmware: "f".into(),
        };
        for platform in Platform::ALL {
            let machine = Machine {
                name: "a",
                platform,
                files: &files,
                cpus: 1,
                memory_mib: 256,
                port: 1,
                cmdline: "c",
                hardware: Hardware::default(),
            };
            let line = machine.qemu().join(" ");
            for word in ["fw_cfg", "-gdb", "-monitor", "-s ", "policy=0xb0000"] {
                assert!(!line.contains(word), "{word}");
            }
        }
    }
}
