//! ISO 9660 (ECMA-119) with Rock Ridge, Joliet and El Torito, as an index of names and byte ranges.

mod extent;

pub use self::extent::Extent;
