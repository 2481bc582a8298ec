//! The body of a request as the engine's thread reads it: decoded, counted and never silently
//! short.
//!
//! Invariant: the end of a body is believed only when the HTTP layer said so. A connection that
//! breaks, a short chunk or a missing terminator reads as an error, so a truncated INSERT can
//! never be committed.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use lz4_flex::frame::FrameDecoder;
use tokio::sync::mpsc;

use super::block;
use super::exception::Exception;

/// What the HTTP side hands over.
pub(super) enum Piece {
    Data(Bytes),
    /// The body is complete.
    End,
}

/// Raw bytes from the HTTP side.
struct Raw {
    pieces: mpsc::Receiver<Piece>,
    rest: Bytes,
    complete: bool,
    left: u64,
}

impl Read for Raw {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            if self.complete {
                return Ok(0);
            }
            match self.pieces.blocking_recv() {
                Some(Piece::Data(data)) => {
                    self.left = self.left.checked_sub(data.len() as u64).ok_or_else(|| {
                        io::Error::new(io::ErrorKind::FileTooLarge, "the body is larger than this server accepts")
                    })?;
                    self.rest = data;
                }
                Some(Piece::End) => self.complete = true,
                None => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
        let n = out.len().min(self.rest.len());
        self.rest.copy_to_slice(&mut out[..n]);
        Ok(n)
    }
}

enum Decoder {
    Plain(Raw),
    Gzip(Box<MultiGzDecoder<Raw>>),
    Deflate(Box<ZlibDecoder<Raw>>),
    Lz4(Box<FrameDecoder<Raw>>),
}

impl Decoder {
    fn raw(&mut self) -> &mut Raw {
        match self {
            Self::Plain(raw) => raw,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Deflate(decoder) => decoder.get_mut(),
            Self::Lz4(decoder) => decoder.get_mut(),
        }
    }
}

impl Read for Decoder {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(raw) => raw.read(out),
            Self::Gzip(decoder) => decoder.read(out),
            Self::Deflate(decoder) => decoder.read(out),
            Self::Lz4(decoder) => decoder.read(out),
        }
    }
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Packing {
    pub(super) encoding: Encoding,
    /// `decompress=1`: ClickHouse blocks, inside the HTTP encoding if there is one.
    pub(super) blocks: bool,
}

/// HTTP `Content-Encoding`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Encoding {
    #[default]
    Identity,
    Gzip,
    Deflate,
    Lz4,
}

impl Encoding {
    /// Reads the header's value.
    ///
    /// # Errors
    /// An exception (HTTP 415) for encodings this server does not unpack.
    pub(super) fn parse(name: &str) -> Result<Self, Exception> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "lz4" => Ok(Self::Lz4),
            other => Err(Exception::new(
                432,
                "UNKNOWN_COMPRESSION_METHOD",
                format!("Content-Encoding '{other}' is not supported here, use gzip, deflate, lz4 or none"),
            )),
        }
    }
}

/// The decoded body.
pub(super) struct Body {
    decoder: Decoder,
    blocks: bool,
    block: Vec<u8>,
    at: usize,
}

impl Body {
    /// `limit`: most bytes accepted as they come over the wire.
    pub(super) fn new(pieces: mpsc::Receiver<Piece>, packing: Packing, limit: u64) -> Self {
        let raw = Raw { pieces, rest: Bytes::new(), complete: false, left: limit };
        let decoder = match packing.encoding {
            Encoding::Identity => Decoder::Plain(raw),
            Encoding::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(raw))),
            Encoding::Deflate => Decoder::Deflate(Box::new(ZlibDecoder::new(raw))),
            Encoding::Lz4 => Decoder::Lz4(Box::new(FrameDecoder::new(raw))),
        };
        Self { decoder, blocks: packing.blocks, block: Vec::new(), at: 0 }
    }

    /// Appends the next bytes to `out`; 0 means that the whole body was read and was complete.
    pub(super) fn read_more(&mut self, out: &mut Vec<u8>, most: usize) -> Result<usize, Exception> {
        let before = out.len();
        out.resize(before + most, 0);
        let read = self.read(&mut out[before..]);
        out.truncate(before + *read.as_ref().unwrap_or(&0));
        match read {
            // A decoder may be content before the HTTP body has ended.
            Ok(0) => self.expect_end().map(|()| 0),
            Ok(n) => Ok(n),
            Err(error) => Err(exception(&error)),
        }
    }

    fn expect_end(&mut self) -> Result<(), Exception> {
        let mut more = [0; 1];
        match self.decoder.raw().read(&mut more) {
            Ok(0) => Ok(()),
            Ok(_) => Err(exception(&io::Error::new(io::ErrorKind::InvalidData, "bytes follow the packed body"))),
            Err(error) => Err(exception(&error)),
        }
    }
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.blocks {
            return self.decoder.read(out);
        }
        while self.at == self.block.len() {
            self.at = 0;
            if block::read(&mut self.decoder, &mut self.block)?.is_none() {
                self.block.clear();
                return Ok(0);
            }
        }
        let n = out.len().min(self.block.len() - self.at);
        out[..n].copy_from_slice(&self.block[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

fn exception(error: &io::Error) -> Exception {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Exception::new(307, "TOO_MANY_BYTES", error),
        io::ErrorKind::ConnectionAborted => {
            Exception::new(210, "NETWORK_ERROR", "the request ended before its body was complete; nothing was committed")
        }
        io::ErrorKind::UnexpectedEof => Exception::new(271, "CANNOT_DECOMPRESS", "the packed body is cut short"),
        _ => Exception::new(271, "CANNOT_DECOMPRESS", error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pieces: Vec<Piece>, packing: Packing, limit: u64) -> Body {
        let (sender, receiver) = mpsc::channel(8);
        for piece in pieces {
            assert!(sender.try_send(piece).is_ok());
        }
        Body::new(receiver, packing, limit)
    }

    fn all(mut body: Body) -> Result<Vec<u8>, u32> {
        let mut out = Vec::new();
        while body.read_more(&mut out, 7).map_err(|e| e.code)? > 0 {}
        Ok(out)
    }

    #[test]
    fn a_body_without_its_end_is_an_error_in_every_packing() {
        let plain = b"abc".repeat(10);
        let packed = block::write(&plain);
        for (bytes, blocks) in [(&plain, false), (&packed, true)] {
            let packing = Packing { encoding: Encoding::Identity, blocks };
            let data = || Piece::Data(Bytes::copy_from_slice(bytes));
            assert_eq!(all(body(vec![data(), Piece::End], packing, 1000)), Ok(plain.clone()));
            assert_eq!(all(body(vec![data()], packing, 1000)), Err(210));
            assert_eq!(all(body(vec![data(), Piece::End], packing, 5)), Err(307));
        }
    }

    #[test]
    fn http_encodings_are_unpacked_or_refused_by_name() {
        let mut gzip = flate2::read::GzEncoder::new(&b"hello"[..], flate2::Compression::fast());
        let mut packed = Vec::new();
        gzip.read_to_end(&mut packed).unwrap();
        let packing = Packing { encoding: Encoding::parse("GZIP").unwrap(), blocks: false };
        let data = Piece::Data(packed.clone().into());
        assert_eq!(all(body(vec![data, Piece::End], packing, 1000)), Ok(b"hello".to_vec()));
        packed.truncate(packed.len() - 9);
        assert!(all(body(vec![Piece::Data(packed.into()), Piece::End], packing, 1000)).is_err());
        assert_eq!(Encoding::parse("br").unwrap_err().status(), 415);
    }
}
