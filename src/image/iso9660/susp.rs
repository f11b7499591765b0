//! The system use fields of one file: SUSP 1.12 and Rock Ridge (IEEE P1282 draft 1.12).

use super::field::{both_u32, le_u32};

/// What Rock Ridge says about a file.
#[derive(Debug, Default)]
pub(super) struct SystemUse {
    /// The name (NM).
    pub(super) name: Pieces,
    /// The target of a symbolic link (SL).
    pub(super) link: Pieces,
    /// POSIX file mode (PX).
    pub(super) mode: Option<u32>,
    /// The block of the relocated directory that this record stands for (CL).
    pub(super) child: Option<u32>,
    /// Whether this is the storage place of a directory that belongs elsewhere (RE).
    pub(super) relocated: bool,
    /// Whether the data is compressed by zisofs (ZF).
    pub(super) compressed: bool,
    /// Whether any field of Rock Ridge was seen, as opposed to SUSP alone.
    pub(super) rock_ridge: bool,
}

/// A text that may come in several fields.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    text: Vec<u8>,
    state: State,
    /// Whether the next component of a link goes on within the last name.
    joined: bool,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    #[default]
    Absent,
    Open,
    Done,
}

/// Where the fields go on (CE).
#[derive(Debug, Clone, Copy)]
pub(super) struct Continuation {
    pub(super) block: u32,
    /// Bytes from the start of the block.
    pub(super) offset: u32,
    /// In bytes.
    pub(super) len: u32,
}

/// The longest name or link target taken, in bytes; that of Linux (`PATH_MAX`).
const LONGEST: usize = 4096;

/// Flags of NM, SL and the components of SL.
const CONTINUE: u8 = 1;
const CURRENT: u8 = 2;
const PARENT: u8 = 4;
const ROOT: u8 = 8;

impl SystemUse {
    /// Takes one area of fields in, and says where the next area is.
    pub(super) fn add(&mut self, mut area: &[u8]) -> Result<Option<Continuation>, &'static str> {
        let mut next = None;
        while let [a, b, len, _version, ..] = *area {
            let len = usize::from(len);
            // Up to three bytes of padding are allowed; some programs write more, all of them zero.
            if a == 0 || [a, b] == *b"ST" {
                break;
            }
            let field = area.get(..len).filter(|field| field.len() >= 4).ok_or("a field has a wrong length")?;
            area = &area[len..];
            match &[a, b] {
                b"CE" => next = Some(continuation(field).ok_or("a continuation (CE) is malformed")?),
                b"NM" => self.name.add_name(field)?,
                b"SL" => self.link.add_link(field)?,
                b"PX" => self.mode = Some(le_u32(field, 4).ok_or("the mode (PX) is malformed")?),
                b"CL" => self.child = Some(both_u32(field, 4).ok_or("the child link (CL) is malformed")?),
                b"RE" => self.relocated = true,
                b"ZF" => self.compressed = true,
                _ => {}
            }
            self.rock_ridge |= match &[a, b] {
                b"NM" | b"SL" | b"PX" | b"TF" | b"CL" | b"PL" | b"RE" | b"RR" => true,
                b"ER" => is_rock_ridge_id(field),
                _ => false,
            };
        }
        Ok(next)
    }
}

/// Whether an extension reference (ER) names Rock Ridge.
fn is_rock_ridge_id(field: &[u8]) -> bool {
    let id = field.get(8..).unwrap_or(&[]);
    [&b"RRIP_1991A"[..], b"IEEE_P1282", b"IEEE_1282"].iter().any(|known| id.starts_with(known))
}

fn continuation(field: &[u8]) -> Option<Continuation> {
    Some(Continuation { block: both_u32(field, 4)?, offset: both_u32(field, 12)?, len: both_u32(field, 20)? })
}

impl Pieces {
    /// The whole text; `None` where there was no field.
    pub(super) fn finish(self) -> Result<Option<String>, &'static str> {
        match self.state {
            State::Absent => Ok(None),
            State::Open => Err("a name or link (NM, SL) announces a part that is missing"),
            State::Done => Ok(Some(match String::from_utf8(self.text) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            })),
        }
    }

    fn add_name(&mut self, field: &[u8]) -> Result<(), &'static str> {
        let flags = *field.get(4).ok_or("a name (NM) is malformed")?;
        // CURRENT and PARENT name `.` and `..`, which have their own records.
        if self.state != State::Done && flags & (CURRENT | PARENT) == 0 {
            self.push(&field[5..])?;
            self.state = if flags & CONTINUE == 0 { State::Done } else { State::Open };
        }
        Ok(())
    }

    fn add_link(&mut self, field: &[u8]) -> Result<(), &'static str> {
        let flags = *field.get(4).ok_or("a link (SL) is malformed")?;
        if self.state == State::Done {
            return Ok(());
        }
        let mut components = &field[5..];
        while let [flags, len, rest @ ..] = components {
            let name = rest.get(..usize::from(*len)).ok_or("a component of a link (SL) is longer than its field")?;
            components = &rest[name.len()..];
            if flags & ROOT != 0 {
                self.text.clear();
                self.push(b"/")?;
                continue;
            }
            if !self.joined && !self.text.is_empty() && !self.text.ends_with(b"/") {
                self.push(b"/")?;
            }
            self.push(match flags & (CURRENT | PARENT) {
                0 => name,
                CURRENT => b".",
                _ => b"..",
            })?;
            self.joined = flags & CONTINUE != 0;
        }
        if !components.is_empty() {
            return Err("a component of a link (SL) is cut off");
        }
        self.state = if flags & CONTINUE == 0 { State::Done } else { State::Open };
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if self.text.len() + bytes.len() > LONGEST {
            return Err("a name or link (NM, SL) is longer than 4096 bytes");
        }
        self.text.extend_from_slice(bytes);
        Ok(())
    }
}

/// How many bytes of each system use field belong to someone else, from the record of the root directory (SP); `None`
/// where the image has no Rock Ridge. Also returns the place of the SP field itself.
pub(super) fn start(system_use: &[u8]) -> Option<(usize, usize)> {
    // CD-ROM XA puts 14 bytes of its own before (SUSP 1.12, section 5.3).
    [0, 14].into_iter().find_map(|at| match system_use.get(at..)? {
        [b'S', b'P', 7, 1, 0xbe, 0xef, skip, ..] => Some((at, usize::from(*skip))),
        _ => None,
    })
}
