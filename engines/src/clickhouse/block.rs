//! ClickHouse's own compressed blocks (`decompress=1`, `compress=1`).
//!
//! A block is: CityHash128 of the rest (16 bytes), method (0x82 LZ4, 0x02 none), compressed size
//! including this 9-byte header (u32 LE), original size (u32 LE), payload.

use std::io::{self, Read};

const HASH: usize = 16;
const HEADER: usize = 9;
const LZ4: u8 = 0x82;
const NONE: u8 = 0x02;
/// A block may not claim more than this, compressed or not (bytes).
const LARGEST: usize = 128 << 20;

/// Reads the next block whole; `None` at the end of the input.
pub(super) fn read(input: &mut impl Read, out: &mut Vec<u8>) -> io::Result<Option<()>> {
    let mut head = [0; HASH + HEADER];
    let mut have = 0;
    while have < head.len() {
        match input.read(&mut head[have..])? {
            0 if have == 0 => return Ok(None),
            0 => return Err(bad("a compressed block is cut short")),
            n => have += n,
        }
    }
    let size = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&head[at..at + 4]);
        u32::from_le_bytes(bytes) as usize
    };
    let (packed, plain) = (size(HASH + 1), size(HASH + 5));
    if !(HEADER..=LARGEST).contains(&packed) || plain > LARGEST {
        return Err(bad("a compressed block states an impossible size"));
    }
    let mut block = vec![0; packed];
    block[..HEADER].copy_from_slice(&head[HASH..]);
    input.read_exact(&mut block[HEADER..]).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => bad("a compressed block is cut short"),
        _ => error,
    })?;
    if hash(&block) != head[..HASH] {
        return Err(bad("checksum of a compressed block does not match"));
    }
    out.clear();
    match block[0] {
        LZ4 => {
            out.resize(plain, 0);
            let n = lz4_flex::block::decompress_into(&block[HEADER..], out)
                .map_err(|error| bad(&format!("a compressed block cannot be unpacked: {error}")))?;
            out.truncate(n);
        }
        NONE => out.extend_from_slice(&block[HEADER..]),
        method => return Err(bad(&format!("compression method {method:#04x} is not supported, use LZ4"))),
    }
    Ok(Some(()))
}

/// Packs `data` into LZ4 blocks of at most 1 MiB.
pub(super) fn write(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in data.chunks(1 << 20) {
        let packed = lz4_flex::block::compress(part);
        let mut block = Vec::with_capacity(HEADER + packed.len());
        block.push(LZ4);
        for size in [HEADER + packed.len(), part.len()] {
            let size = u32::try_from(size).expect("a part is at most 1 MiB");
            block.extend_from_slice(&size.to_le_bytes());
        }
        block.extend_from_slice(&packed);
        out.extend_from_slice(&hash(&block));
        out.extend_from_slice(&block);
    }
    out
}

/// ClickHouse stores the two halves of CityHash128 the other way round.
fn hash(block: &[u8]) -> [u8; HASH] {
    cityhash_rs::cityhash_102_128(block).rotate_left(64).to_le_bytes()
}

fn bad(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_survive_the_round_trip_and_damage_is_seen() {
        let data = b"one two three ".repeat(100_000);
        let mut packed = write(&data);
        let mut input = packed.as_slice();
        let (mut all, mut part) = (Vec::new(), Vec::new());
        while read(&mut input, &mut part).unwrap().is_some() {
            all.extend_from_slice(&part);
        }
        assert_eq!(all, data);
        assert!(read(&mut &packed[..packed.len() / 3], &mut part).is_err());
        packed[60] ^= 1;
        assert!(read(&mut packed.as_slice(), &mut part).unwrap_err().to_string().contains("checksum"));
    }
}
