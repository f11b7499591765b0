//! Which machine boots what: by what its firmware calls it, and once by what somebody noted for it.

use super::specs;
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::error::Error;
use crate::firmware::{BootFrom, Cpu, Firmware};
use crate::lab::RouterKind;
use crate::lab::router::Siaddr;
use crate::media::small;
use crate::qemu::{Hardware, Identity};
use crate::script::{SMALL, Step, menu};
use crate::subject::Subject;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "a_bios_pc_boots_what_its_uuid_or_serial_number_says",
        proves: "the host of a UUID boots its entry without a menu, the host of a serial number sees its own menu, others \
                 the first one",
        run: |bench| each_its_own(bench, Hardware::default()),
    },
    Case {
        name: "a_uefi_pc_boots_what_its_uuid_or_serial_number_says",
        proves: "the same with iPXE on UEFI, which asks by a path of its own",
        run: |bench| each_its_own(bench, Hardware { firmware: Firmware::ovmf(BootFrom::Pxe), ..Hardware::default() }),
    },
    Case {
        name: "a_bios_pc_boots_a_noted_entry_once",
        proves: "an entry of `boot-next` is taken by the running server for one boot, and the next one shows the menu again",
        run: |bench| once(bench, Hardware::default()),
    },
];

const UUID: &str = "4c4c4544-0031-3510-8052-b7c04f4b3232";
/// A serial number as makers write them: with blanks and with what a path could not hold.
const SERIAL: &str = "VMware-56 4d/7X?";

/// The small system in a menu of its own behind the first one, and three machines.
fn spec(bench: &Bench) -> Result<String, crate::case::Stop> {
    let iso = bench.small(Cpu::X64)?;
    let by_hand = specs::by_hand("Small system", &iso, [small::KERNEL, small::INITRD, "console=ttyS0,115200"]);
    let machines = format!(
        "menu \"bench\" title=\"Bench\" {{\n    entry \"off\" title=\"The disk of the bench\" boot=\"local-disk\"\n}}\n\
         host \"desk\" {{\n    uuid {UUID:?}\n    boot \"small\"\n}}\n\
         host \"bench\" {{\n    serial {SERIAL:?}\n    menu \"bench\"\n}}\n"
    );
    Ok(by_hand + &machines)
}

fn serve(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    let spec = spec(bench)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&spec, &[])?;
    Ok(())
}

fn each_its_own(bench: &mut Bench, hardware: Hardware) -> Verdict {
    serve(bench)?;
    let desk = Identity { uuid: Some(UUID), serial: None };
    bench.power_on(Hardware { identity: desk, ..hardware }, None)?.play(&[Step::LogIn(SMALL)])?;
    let of_bench = Identity { uuid: None, serial: Some(SERIAL) };
    bench.power_on(Hardware { identity: of_bench, ..hardware }, None)?.play(&[menu(&["The disk of the bench"])])?;
    bench.power_on(hardware, None)?.play(&[menu(&["Small system"])])?;
    Ok(())
}

fn once(bench: &mut Bench, hardware: Hardware) -> Verdict {
    serve(bench)?;
    let hardware = Hardware { identity: Identity { uuid: None, serial: Some(SERIAL) }, ..hardware };
    bench.command("boot-next", &["bench", "small"])?;
    bench.power_on(hardware, None)?.play(&[Step::LogIn(SMALL)])?;
    let noted = bench.command("boot-next", &[])?;
    if noted.contains("small") {
        return Err(Error::new(format!("the entry is noted still: {noted}")).into());
    }
    bench.power_on(hardware, None)?.play(&[menu(&["The disk of the bench"])])?;
    Ok(())
}
